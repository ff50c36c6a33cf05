import { describe, expect, test } from 'vitest';
import {
  type BusyPeriods,
  callsOfPeriod,
  closedFormOf,
} from '../../lib/explain/ledger/closed-form.ts';
import { readTrace, type TraceRow } from '../../lib/sandbox/replay/read-trace.ts';
import { needSharedData } from '../support/shared-data.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** Instants of use of each DEK, where the DEK is a workspace's, a workspace's of the day, or a conversation's. */
const dekKinds = {
  workspace: ({ workspace }: TraceRow) => JSON.stringify([workspace]),
  'workspace and day': ({ workspace, at }: TraceRow) =>
    JSON.stringify([workspace, Math.floor(at / day)]),
  conversation: ({ conversation }: TraceRow) => JSON.stringify([conversation]),
};

function callsCounted(uses: readonly number[], ttlMs: number): number {
  let calls = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const at of uses) {
    if (at < until) continue;
    calls += 1;
    until = at + ttlMs;
  }
  return calls;
}

function periodsOf(uses: readonly number[], ttlMs: number): Omit<BusyPeriods, 'n'>[] {
  const periods: Omit<BusyPeriods, 'n'>[] = [];
  let first = 0;
  for (const [index, at] of uses.entries()) {
    const next = uses[index + 1] ?? Number.POSITIVE_INFINITY;
    if (next - at < ttlMs) continue;
    const spanMs = at - (uses[first] ?? 0);
    periods.push({ uses: index - first + 1, spanMs, underWay: false });
    first = index + 1;
  }
  return periods;
}

describe.each(['mooncake_conv_1h', 'zulip_two_orgs', 'ragpulse_14d'])('on the trace %s', (name) => {
  test.for(
    [hour, hour / 4].flatMap((ttlMs) =>
      Object.entries(dekKinds).map(([kind, dekOf]) => ({ kind, dekOf, ttlMs })),
    ),
  )(
    'by $kind, TTL $ttlMs ms, it errs by 4 % at most wherever there are 100 calls',
    async (given, context) => {
      const { dekOf, ttlMs } = given;
      const rows = await readTrace(needSharedData(context, `workloads/${name}.csv.gz`));
      let [counted, predicted] = [0, 0];
      for (const own of Map.groupBy(rows, dekOf).values()) {
        const uses = own.map(({ at }) => at).sort((a, b) => a - b);
        const calls = callsCounted(uses, ttlMs);
        const expected = periodsOf(uses, ttlMs).reduce(
          (sum, period) => sum + callsOfPeriod(period, ttlMs),
          0,
        );
        if (calls >= 100) expect(Math.abs(expected / calls - 1)).toBeLessThanOrEqual(0.04);
        counted += calls;
        predicted += expected;
      }
      if (counted >= 100) expect(Math.abs(predicted / counted - 1)).toBeLessThanOrEqual(0.04);
    },
  );
});

describe('a busy period', () => {
  test('shorter than the TTL is one call, and a single use is one', () => {
    expect(callsOfPeriod({ uses: 50, spanMs: hour - 1, underWay: false }, hour)).toBe(1);
    expect(callsOfPeriod({ uses: 1, spanMs: 0, underWay: false }, hour)).toBe(1);
  });

  test('of steady use comes near 1/(T + 1/L)', () => {
    const expected = callsOfPeriod({ uses: 10_001, spanMs: 1_000 * hour, underWay: false }, hour);
    expect(expected).toBeCloseTo(1_000 / 1.1 + 0.5, 0);
  });

  test('that was under way has no call for its beginning', () => {
    const expected = callsOfPeriod({ uses: 10, spanMs: hour, underWay: true }, hour);
    expect(expected).toBeCloseTo(1 / 1.1);
  });
});

describe('the sentence', () => {
  const facts = { ttlMs: hour, processes: 2, accessesPerHour: 9, from: 0, to: day };
  const period = { n: 20, uses: 1, spanMs: 0, underWay: false };

  test('says busy periods and the re-validations within them', () => {
    const long = { n: 1, uses: 10_001, spanMs: 1_000 * hour, underWay: false };
    const form = closedFormOf({ ...facts, periods: [period, long], counted: 1_000 });
    expect(form).toMatchObject({ busyPeriods: 21, accessesPerHour: 9 });
    expect(form?.sentence).toBe(
      'In 1 d the DEKs of 2 processes had 21 busy periods, parted where a DEK rested for the TTL of 1 h. ' +
        'Each begins with one call, and 909 re-validations lie within them: 930 KMS calls expected; ' +
        '1,000 were counted, an error of −7.0 %.',
    );
  });

  test('is none without uses, and has no error without a count', () => {
    expect(closedFormOf({ ...facts, periods: [], counted: 3 })).toBeNull();
    const form = closedFormOf({ ...facts, periods: [period], counted: 0 });
    expect(form).toMatchObject({ error: null, predicted: 20 });
    expect(form?.sentence).toContain('none was counted');
  });
});
