/** Feeds more than a million hostile inputs, from one seed, to the envelope parser: it parses or refuses each. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CryptoCoreError, parseEnvelope, parseHeader, serializeHeader } from '../src/index.ts';
import { Random } from './random.ts';

const seed = Number(process.env.KEYTIDE_TEST_SEED ?? 1);
const runs = 200_000;

/** Valid envelopes of many shapes: they are cut, spliced and changed below. */
function corpusOf(random: Random): Buffer[] {
  const sizes = [1, 2, 7, 75, 255, 256, 2048];
  return sizes.flatMap((keyUriBytes, n) => {
    const keyUri = 'kä/水'.repeat(keyUriBytes).slice(0, Math.ceil(keyUriBytes / 3));
    const edek = random.fill(Buffer.alloc([1, 40, 184, 256, 8192, 3, 300][n] ?? 1));
    const dekId = random.fill(Buffer.alloc(16));
    const commitment = random.fill(Buffer.alloc(32));
    const header = serializeHeader({ dekId, commitment, keyUri, edek });
    const bodies = [28, 29, 60].map((length) => random.fill(Buffer.alloc(length)));
    return bodies.map((body) => Buffer.concat([header, body]));
  });
}

/** Lengths at, next to and far beyond the bounds of the format. */
const lengths = [0, 1, 2, 255, 256, 2047, 2048, 2049, 8191, 8192, 8193, 32_768, 65_534, 65_535];

type Mutation = (random: Random, corpus: Buffer[]) => Buffer;

const mutations: Record<string, Mutation> = {
  flipped: (random, corpus) => {
    const bytes = Buffer.from(random.pick(corpus));
    for (let n = random.below(4); n >= 0; n -= 1) {
      // Half of the changes hit the fields that the parser depends on.
      const at = random.below(random.below(2) ? Math.min(64, bytes.length) : bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    }
    return bytes;
  },
  cut: (random, corpus) => {
    const bytes = random.pick(corpus);
    return bytes.subarray(0, random.below(bytes.length + 1));
  },
  spliced: (random, corpus) => {
    const [front, back] = [random.pick(corpus), random.pick(corpus)];
    const from = random.below(back.length + 1);
    return Buffer.concat([front.subarray(0, random.below(front.length + 1)), back.subarray(from)]);
  },
  resized: (random, corpus) => {
    const bytes = Buffer.from(random.pick(corpus));
    const edekAt = 54 + bytes.readUInt16BE(52);
    const at = random.below(2) ? 52 : edekAt;
    const length = random.below(2)
      ? random.pick(lengths)
      : bytes.readUInt16BE(at) + random.pick([-1, 1]);
    bytes.writeUInt16BE(length & 0xffff, at);
    return bytes;
  },
  random: (random) => random.fill(Buffer.alloc(random.below(160))),
  steered: (random) => {
    // Random bytes behind genuine first bytes, with small lengths, so that many pass the first checks.
    const bytes = random.fill(Buffer.alloc(60 + random.below(120)));
    bytes.writeUInt32BE(0x4b540101, 0);
    bytes.writeUInt16BE(random.below(9), 52);
    for (let at = 54; at < 62 && at < bytes.length - 2; at += 1) {
      if (random.below(4)) bytes[at] = 0x20 + random.below(95);
    }
    const edekAt = 54 + bytes.readUInt16BE(52);
    if (edekAt + 2 <= bytes.length) bytes.writeUInt16BE(random.below(40), edekAt);
    return bytes;
  },
};

/** What the parser did with an input. Any other outcome is a fault. */
function fateOf(input: Buffer): string {
  try {
    const parsed = parseEnvelope(input);
    const header = serializeHeader(parsed);
    const { nonce, ciphertext, tag } = parsed;
    if (!header.equals(parsed.header)) return 'serializes to another header';
    if (!Buffer.concat([header, nonce, ciphertext, tag]).equals(input)) return 'lost a byte';
    if (nonce.length !== 12 || tag.length !== 16) return 'nonce or tag of another length';
    if (!serializeHeader(parseHeader(header)).equals(header)) return 'reads its own header apart';
    return 'parsed';
  } catch (error) {
    return error instanceof CryptoCoreError ? error.code : `threw ${error}`;
  }
}

// Most inputs are refused, and most of the time would go into stack traces.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

test.each(Object.entries(mutations))(
  `the parser takes or refuses ${runs} inputs, %s (seed ${seed})`,
  (name, mutate) => {
    const random = new Random(seed);
    const corpus = corpusOf(random);
    const fates = new Map<string, number>();
    for (let n = 0; n < runs; n += 1) {
      const input = mutate(random, corpus);
      const fate = fateOf(input);
      const known = ['parsed', 'authentication-failed', 'unsupported-format'].includes(fate);
      if (!known) expect.fail(`input ${n} ${fate}: ${input.toString('hex')}`);
      fates.set(fate, (fates.get(fate) ?? 0) + 1);
    }
    expect([...fates.values()].reduce((sum, count) => sum + count, 0)).toBe(runs);
    expect(fates.get('authentication-failed')).toBeGreaterThan(runs / 100);
    // Only purely random bytes may never parse: all other kinds must reach the rest of the parser too.
    if (name !== 'random') expect(fates.get('parsed')).toBeGreaterThan(runs / 100);
  },
  60_000,
);
