import type { KmsCall } from '@keytide/crypto-core';
import { localProvider } from '@keytide/crypto-core/providers/local';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TraceRow } from '../../lib/sandbox/replay/read-trace.ts';
import { replay } from '../../lib/sandbox/replay/replay.ts';
import { VirtualRuntime } from '../../lib/sandbox/virtual-runtime.ts';

const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;
const startMs = Date.UTC(2026, 10, 23, 5, 17);

/** Messages of a few conversations over a day or two; often close together, at times hours apart. */
const traces: fc.Arbitrary<TraceRow[]> = fc
  .array(
    fc.record({
      gapMs: fc.oneof(fc.nat(60_000), fc.nat(6 * hourMs)),
      conversation: fc.constantFrom('a', 'b', 'c', 'd'),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((messages) => {
    let at = startMs;
    return messages.map(({ gapMs, conversation }) => {
      at += gapMs;
      return { at, conversation, workspace: conversation < 'c' ? 'w' : 'v' };
    });
  });
const fleets = fc.record({
  processes: fc.integer({ min: 1, max: 4 }),
  ttlMs: fc.constantFrom(hourMs, hourMs / 4),
  dekRotationMs: fc.constantFrom(hourMs, 24 * hourMs),
  deks: fc.constantFrom('shared' as const, 'private' as const),
});
type Fleet = typeof fleets extends fc.Arbitrary<infer T> ? T : never;

async function replayed(rows: readonly TraceRow[], { processes, ...policy }: Fleet) {
  const calls: KmsCall[] = [];
  const provider = localProvider({ secret: Buffer.alloc(32, 7) });
  const result = await replay(rows, {
    policy,
    processes,
    routing: 'row',
    runtime: new VirtualRuntime({ startMs: rows[0]?.at ?? 0, seed: 1 }),
    keyUri: 'local:key/1',
    providerFor: () => provider,
    sinkFor: () => ({
      attach: () => undefined,
      call: (call) => void calls.push(call),
      close: async () => undefined,
    }),
  });
  return { result, calls };
}

describe('a replay', () => {
  test('sums its causes and its hours to its calls', async () => {
    await fc.assert(
      fc.asyncProperty(traces, fleets, async (rows, fleet) => {
        const { result, calls } = await replayed(rows, fleet);
        const total = result.kmsEncrypt + result.kmsDecrypt;
        expect(Object.values(result.causes).reduce((sum, n) => sum + n, 0)).toBe(total);
        expect(calls).toHaveLength(total);
        const hours = result.hourly.reduce((sum, hour) => sum + hour.encrypt + hour.decrypt, 0);
        expect(hours).toBe(total);
        expect(result.hourly.reduce((sum, { messages }) => sum + messages, 0)).toBe(rows.length);
      }),
      { numRuns: 40 },
    );
  });

  test('shifted by whole weeks gives the same, as much later', async () => {
    const weeks = fc.integer({ min: 1, max: 200 });
    await fc.assert(
      fc.asyncProperty(traces, fleets, weeks, async (rows, fleet, later) => {
        const shifted = rows.map((row) => ({ ...row, at: row.at + later * weekMs }));
        const [now, then] = [await replayed(rows, fleet), await replayed(shifted, fleet)];
        const plain = ({ at, cause, operation, generation }: KmsCall, by: number) =>
          `${at - by} ${cause} ${operation} ${generation}`;
        expect(then.calls.map((call) => plain(call, later * weekMs))).toEqual(
          now.calls.map((call) => plain(call, 0)),
        );
        expect(then.result.causes).toEqual(now.result.causes);
      }),
      { numRuns: 40 },
    );
  });

  test('asks for one DEK at most N(D/T + 1) times in a time D, without capacity and jitter', async () => {
    await fc.assert(
      fc.asyncProperty(traces, fleets, async (rows, fleet) => {
        const { calls } = await replayed(rows, fleet);
        const durationMs = (rows.at(-1)?.at ?? 0) - (rows[0]?.at ?? 0);
        const most = fleet.processes * (Math.floor(durationMs / fleet.ttlMs) + 1);
        for (const [dek, own] of Map.groupBy(calls, ({ dekId }) => dekId))
          expect({ dek, within: own.length <= most }).toEqual({ dek, within: true });
      }),
      { numRuns: 40 },
    );
  });
});
