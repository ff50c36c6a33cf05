/** A wrong clock can make rotation earlier, never later. A jump of a clock discards the nonces drawn before it. */
import { describe, expect, test } from 'vitest';
import { NoncePool } from '../src/cipher.ts';
import { parseEnvelope } from '../src/index.ts';
import { coldPeer, dekIdOf, harness, hourMs, ManualRuntime, minuteMs } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');
const dayMs = 24 * hourMs;

describe('a DEK made by a clock that is ahead', () => {
  test.each([400 * dayMs, 10 * minuteMs])(
    'by %i ms is due at once where the clock is right',
    async (aheadMs) => {
      const ahead = new ManualRuntime();
      ahead.advance(aheadMs);
      const writer = harness({ runtime: ahead });
      const before = await writer.engine.encrypt(plaintext, { workspace });
      const { engine, sink } = harness({ kms: writer.kms, directory: writer.directory });
      expect(dekIdOf(await engine.encrypt(plaintext, { workspace }))).not.toBe(dekIdOf(before));
      expect(sink.causes).toEqual(['dek.rotation']);
      expect(await engine.decrypt(before, { workspace })).toEqual(plaintext);
    },
  );

  test.each(['lazy', 'aligned'] as const)(
    'by less than clocks of one fleet differ is used, and is due a rotation after it was first seen (%s)',
    async (rotationMode) => {
      const ahead = new ManualRuntime();
      ahead.advance(2 * minuteMs);
      const policy = { rotationMode, dekRotationMs: 10 * minuteMs };
      const writer = harness({ runtime: ahead, policy });
      const before = await writer.engine.encrypt(plaintext, { workspace });
      const { kms, directory } = writer;
      const { engine, runtime, sink } = harness({ kms, directory, policy });
      expect(dekIdOf(await engine.encrypt(plaintext, { workspace }))).toBe(dekIdOf(before));
      // The wall clock stands still; only the monotonic clock advances.
      runtime.mono += 10 * minuteMs;
      expect(dekIdOf(await engine.encrypt(plaintext, { workspace }))).not.toBe(dekIdOf(before));
      expect(sink.causes).toEqual(['load.first', 'dek.rotation']);
    },
  );

  test('by this process itself is due once the clock is set right', async () => {
    const { engine, runtime, sink } = harness();
    runtime.wall += 400 * dayMs;
    const before = await engine.encrypt(plaintext, { workspace });
    runtime.wall -= 400 * dayMs;
    const after = await engine.encrypt(plaintext, { workspace });
    expect(dekIdOf(after)).not.toBe(dekIdOf(before));
    expect(sink.last().cause).toBe('dek.rotation');
  });

  test('by a little is no reason for one DEK each at the turn of a period', async () => {
    const policy = { rotationMode: 'aligned', dekRotationMs: hourMs } as const;
    const behind = harness({ policy });
    behind.runtime.advance(hourMs - 1_000);
    const ahead = new ManualRuntime();
    ahead.advance(hourMs + 1_000);
    const { kms, directory } = behind;
    const other = harness({ kms, directory, policy, runtime: ahead });
    const made = new Set<string>();
    for (let n = 0; n < 5; n += 1) {
      made.add(dekIdOf(await other.engine.encrypt(plaintext, { workspace })));
      made.add(dekIdOf(await behind.engine.encrypt(plaintext, { workspace })));
    }
    expect(made.size).toBe(1);
  });
});

describe('drawn nonces', () => {
  const noncesOf = async (between: (runtime: ManualRuntime) => void) => {
    const runtime = new ManualRuntime();
    let fills = 0;
    runtime.fill = (buffer) => {
      if (buffer.length > 1_000) fills += 1;
      buffer.fill(fills);
    };
    const { engine } = harness({ runtime });
    const nonceOf = async () =>
      Buffer.from(parseEnvelope(await engine.encrypt(plaintext, { workspace })).nonce)[0];
    const first = await nonceOf();
    between(runtime);
    return { first, next: await nonceOf() };
  };

  test('are used on while both clocks pass alike', async () => {
    const { first, next } = await noncesOf((runtime) => runtime.advance(30 * minuteMs));
    expect(next).toBe(first);
  });

  test.each([
    [
      'the wall clock jumps ahead, as where a machine was resumed',
      (r: ManualRuntime) => (r.wall += minuteMs),
    ],
    [
      'the wall clock is set back, as where a snapshot was resumed',
      (r: ManualRuntime) => (r.wall -= minuteMs),
    ],
  ])('are dropped when %s', async (_, jump) => {
    const { first, next } = await noncesOf(jump);
    expect(next).not.toBe(first);
  });

  test('are all different, dropped ones included', () => {
    let drawn = 0;
    const pool = new NoncePool((buffer) => {
      for (let at = 0; at < buffer.length; at += 12) {
        drawn += 1;
        Buffer.from(buffer.buffer, buffer.byteOffset + at, 12).writeUInt32BE(drawn);
      }
    });
    const into = Buffer.alloc(12);
    const seen = new Set<number>();
    for (let n = 0; n < 2_000; n += 1) {
      if (n % 300 === 0) pool.drop();
      pool.next(into);
      seen.add(into.readUInt32BE());
    }
    expect(seen.size).toBe(2_000);
  });
});

test('a peer whose clock is right adopts what another just made', async () => {
  const one = harness();
  const before = await one.engine.encrypt(plaintext, { workspace });
  const two = coldPeer(one);
  expect(dekIdOf(await two.engine.encrypt(plaintext, { workspace }))).toBe(dekIdOf(before));
});
