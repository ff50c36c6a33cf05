/** Envelopes and streams built from valid ones, as an attacker could: none opens, and each is refused cleanly. */
import { describe, expect, test } from 'vitest';
import { sized } from '../../test/support/sized.ts';
import { CryptoCoreError, createEngine, type Engine } from '../src/index.ts';
import { localProvider } from '../src/providers/local.ts';
import { Random } from './random.ts';
import { coldPeer, FakeKms, harness, ManualRuntime } from './support.ts';

const seed = Number(process.env.KEYTIDE_TEST_SEED ?? 1);
const runs = sized({ ci: 20_000, long: 1_000_000 });
const streamRuns = Math.ceil(runs / 20);
const bindings = [
  { workspace: 'acme', context: { row: '7' } },
  { workspace: 'acme', context: { row: '8' } },
  { workspace: 'beta' },
] as const;

interface Made {
  bytes: Buffer;
  binding: (typeof bindings)[number];
  /** Where its parts begin, so that parts of several can be combined. */
  cuts: number[];
}

/** Makes at least one change, so that the result differs from every genuine one. */
function mutated(random: Random, corpus: readonly Made[]): Buffer {
  const one = random.pick(corpus);
  const other = random.pick(corpus);
  const cut = random.pick(one.cuts);
  switch (random.below(6)) {
    case 0: {
      const bytes = Buffer.from(one.bytes);
      for (let n = random.below(3); n >= 0; n -= 1) {
        const at = random.below(bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      }
      return bytes;
    }
    case 1:
      return one.bytes.subarray(0, random.below(one.bytes.length));
    case 2:
      // Replace a part by the same part of another: header, nonce, body or tag.
      return Buffer.concat([one.bytes.subarray(0, cut), other.bytes.subarray(cut)]);
    case 3: {
      const from = random.pick(other.cuts);
      return Buffer.concat([one.bytes.subarray(0, cut), other.bytes.subarray(from)]);
    }
    case 4:
      return Buffer.concat([one.bytes, random.fill(Buffer.alloc(1 + random.below(40)))]);
    default: {
      const bytes = Buffer.from(one.bytes);
      const length = Math.min(1 + random.below(16), bytes.length);
      random.fill(bytes.subarray(cut, cut + length));
      return bytes;
    }
  }
}

/** The code of the engine's refusal, or a word for what must not happen. */
async function fateOf(opening: Promise<unknown>): Promise<string> {
  try {
    await opening;
    return 'opened';
  } catch (error) {
    return error instanceof CryptoCoreError ? error.code : `threw ${error}`;
  }
}

async function judge(
  { random, corpus, times }: { random: Random; corpus: readonly Made[]; times: number },
  open: (bytes: Buffer, binding: Made['binding']) => Promise<unknown>,
): Promise<Map<string, number>> {
  const genuine = new Map(corpus.map((made) => [made.bytes.toString('latin1'), made.binding]));
  const fates = new Map<string, number>();
  for (let n = 0; n < times; n += 1) {
    const bytes = mutated(random, corpus);
    const binding = random.pick(bindings);
    // One change may undo another.
    if (genuine.get(bytes.toString('latin1')) === binding) continue;
    const fate = await fateOf(open(bytes, binding));
    if (fate !== 'authentication-failed' && fate !== 'unsupported-format')
      expect.fail(`input ${n} ${fate}: ${bytes.toString('hex')}`);
    fates.set(fate, (fates.get(fate) ?? 0) + 1);
  }
  return fates;
}

async function envelopesOf(engine: Engine): Promise<Made[]> {
  const corpus: Made[] = [];
  for (const binding of bindings) {
    for (const length of [0, 1, 36, 60, 200]) {
      const bytes = Buffer.from(await engine.encrypt(Buffer.alloc(length, length), binding));
      const bodyAt = bytes.length - length - 28;
      corpus.push({ bytes, binding, cuts: [4, 20, 52, bodyAt, bodyAt + 12, bytes.length - 16] });
    }
  }
  return corpus;
}

async function through(bytes: Uint8Array, stream: ReturnType<Engine['openStream']>) {
  const out = new Blob([Buffer.from(bytes)]).stream().pipeThrough(stream);
  return Buffer.from(await new Response(out).arrayBuffer());
}

async function streamsOf(engine: Engine): Promise<Made[]> {
  const corpus: Made[] = [];
  for (const binding of bindings) {
    for (const length of [0, 30, 1_024, 2_500]) {
      const sealing = engine.sealStream(binding, { frameBytes: 1_024 });
      const bytes = await through(Buffer.alloc(length, length), sealing);
      const framesAt = 8 + bytes.readUInt32BE(4);
      const frames = [0, 1_040, 2_080].map((at) => framesAt + at);
      corpus.push({
        bytes,
        binding,
        cuts: [3, 4, 8, framesAt - 64, framesAt - 16, ...frames.filter((at) => at < bytes.length)],
      });
    }
  }
  return corpus;
}

const kms = new FakeKms();
// No refusal is remembered, so every mutation that needs the KMS asks it.
const engineOf = () =>
  harness({ kms, policy: { denialMemoryMs: 0, attemptsMax: 1 }, runtime: new ManualRuntime() });

describe(`of what is built from valid ones (seed ${seed})`, () => {
  test.each(['held', 'cold'] as const)(
    `none of ${runs} envelopes opens, its DEK %s`,
    async (how) => {
      const writer = engineOf();
      const corpus = await envelopesOf(writer.engine);
      const { engine } = how === 'held' ? writer : coldPeer(writer);
      const times = how === 'held' ? runs : Math.ceil(runs / 4);
      const fates = await judge({ random: new Random(seed), corpus, times }, (bytes, binding) =>
        engine.decrypt(bytes, binding),
      );
      expect(fates.get('authentication-failed')).toBeGreaterThan(times / 2);
      for (const { bytes, binding } of corpus) await engine.decrypt(bytes, binding);
      // No mutation may evict the DEK of a genuine envelope.
      expect(engine.snapshot().deks.length).toBeLessThanOrEqual(2);
    },
    3_600_000,
  );

  test(`none of ${streamRuns} streams opens as a whole`, async () => {
    const { engine } = engineOf();
    const corpus = await streamsOf(engine);
    const fates = await judge(
      { random: new Random(seed), corpus, times: streamRuns },
      (bytes, binding) => through(bytes, engine.openStream(binding)),
    );
    expect(fates.get('authentication-failed')).toBeGreaterThan(streamRuns / 2);
  }, 3_600_000);

  test('the genuine ones open, and in another secret’s engine none', async () => {
    const secret = (n: number) => localProvider({ secret: Buffer.alloc(32, n) });
    const options = {
      keyFor: () => 'local:key/1',
      process: 'api-1',
      policy: { deks: 'private' },
    } as const;
    const one = createEngine({ ...options, provider: secret(1) });
    const other = createEngine({ ...options, provider: secret(2) });
    for (const { bytes, binding } of await envelopesOf(one)) {
      await one.decrypt(bytes, binding);
      expect(await fateOf(other.decrypt(bytes, binding))).toBe('authentication-failed');
    }
    await one.close();
    await other.close();
  });
});
