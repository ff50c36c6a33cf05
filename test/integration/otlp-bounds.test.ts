/** A sender is answered in bounded time: no more begins once the time is over, and work grows with the body alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { acceptMetrics, acceptTraces } from '../../lib/services/intake/accept-otlp.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { attemptRecord, callRecord, emptyBatch } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const at = Date.UTC(2026, 10, 23, 12);

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(() => store.clear());
afterAll(() => store?.close());

const stored = async () =>
  (await store.query<{ n: number }>('SELECT count(*)::int AS n FROM kms_call'))[0]?.n ?? 0;

describe('a batch whose time is over', () => {
  const calls = Array.from({ length: 300 }, (_, n) => callRecord({ at: at + n, seq: n + 1 }));
  const input = { ...emptyBatch(), calls, attempts: calls.map((call) => attemptRecord(call)) };

  test('begins no further transaction, keeps what is in, and goes on there when it is sent again', async () => {
    const time = new AbortController();
    const bounds = { rowsPerTransaction: 2, until: time.signal };
    const sending = ingestTelemetry({ ctx: store.ctx, input, bounds });
    const answer = expect(sending).rejects.toMatchObject({ code: 'unavailable' });
    await expect.poll(stored, { interval: 1 }).toBeGreaterThan(0);
    time.abort();
    await answer;
    const part = await stored();
    expect(part).toBeLessThan(300);
    const again = await ingestTelemetry({ ctx: store.ctx, input });
    expect(again).toEqual({ added: 600 - part, rejected: 0, reasons: [] });
  });

  test('is told so where nothing of it is in yet', async () => {
    const bounds = { until: AbortSignal.abort() };
    const sending = ingestTelemetry({ ctx: store.ctx, input, bounds });
    await expect(sending).rejects.toThrow('send it again, or smaller ones');
    expect(await stored()).toBe(0);
  });
});

const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
});
const resource = {
  attributes: [attribute('keytide.process', 'p1'), attribute('keytide.boot', 'boot0001')],
};

/** Calls of one minute, each of a workspace and DEK of its own. */
const traces = (n: number): object => ({
  resourceSpans: [
    {
      resource,
      scopeSpans: [
        {
          spans: Array.from({ length: n }, (_, index) => ({
            traceId: 'a'.repeat(32),
            spanId: 'b'.repeat(16),
            startTimeUnixNano: `${at}000000`,
            endTimeUnixNano: `${at}000000`,
            attributes: Object.entries({
              seq: index + 1,
              at,
              workspace: `w${index}`,
              key: 'k',
              cause: 'load.first',
              outcome: 'ok',
              path: 'decrypt',
              'dek.id': index.toString(16).padStart(32, '0'),
              generation: 0,
              coalesced: 0,
              attempts: 1,
            })
              .map(([name, value]) => attribute(`keytide.${name}`, value))
              .concat(attribute('rpc.method', 'Decrypt')),
          })),
        },
      ],
    },
  ],
});

/** Counts of one minute, each of a workspace of its own. */
const metrics = (n: number): object => ({
  resourceMetrics: [
    {
      resource,
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'keytide.operations',
              sum: {
                aggregationTemporality: 1,
                dataPoints: Array.from({ length: n }, (_, index) => ({
                  asInt: '1',
                  startTimeUnixNano: `${at}000000`,
                  attributes: Object.entries({
                    'rollup.seq': 1,
                    workspace: `w${index}`,
                    key: 'k',
                    scope: 'message',
                    path: 'decrypt',
                    outcome: 'hit',
                  }).map(([name, value]) => attribute(`keytide.${name}`, value)),
                })),
              },
            },
          ],
        },
      ],
    },
  ],
});

test.each([
  ['traces', traces, acceptTraces, 'kms_call'],
  ['metrics', metrics, acceptMetrics, 'operation_count'],
] as const)(
  'four times the %s in a body take no more than six times the work',
  async (_, of, accept, table) => {
    const { ctx } = store;
    /** CPU time with the database's, the smaller of two runs, so that other load on the machine is left out. */
    const costOf = async (n: number): Promise<number> => {
      const costs: number[] = [];
      for (let round = 0; round < 2; round += 1) {
        await store.clear();
        const input: unknown = JSON.parse(JSON.stringify(of(n)));
        const begun = process.cpuUsage();
        expect(await accept({ ctx, input })).toEqual({});
        const { user, system } = process.cpuUsage(begun);
        costs.push(user + system);
        expect(await store.query(`SELECT count(*)::int AS n FROM ${table}`)).toEqual([{ n }]);
      }
      return Math.min(...costs);
    };
    await costOf(100);
    expect((await costOf(1_000)) / (await costOf(250))).toBeLessThan(6);
  },
);
