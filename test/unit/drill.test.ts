/** Each hard case of a drill has a state of its own; test/property/drill.test.ts has the laws. */
import { describe, expect, test } from 'vitest';
import { changeOf } from '../../lib/domain/key-changes.ts';
import { actionOf } from '../../lib/domain/kms-operations.ts';
import { drillOf } from '../../lib/explain/drill/drill.ts';
import type { DrillFacts, KeyChange, KmsAnswer } from '../../lib/explain/drill/facts.ts';
import { keyStateOf } from '../../lib/explain/drill/key-state.ts';
import { renderDrill } from '../../lib/explain/words/drill-report.ts';

const minuteMs = 60_000;
const start = Date.UTC(2026, 10, 23, 12);
const at = (minute: number) => start + minute * minuteMs;

function change(minute: number, operation: string, given: Partial<KeyChange> = {}): KeyChange {
  const nature = changeOf({ provider: 'aws', operation, action: actionOf(operation) });
  if (nature === null) throw new Error(`${operation} changes nothing`);
  return {
    ...{ eventId: `${operation}-${minute}`, at: at(minute), resolutionMs: 1_000, operation },
    by: 'admin',
    ...nature,
    ...given,
  };
}

const answer = (
  minute: number,
  refusal: KmsAnswer['refusal'] = null,
  session = 'engine-1',
): KmsAnswer => ({
  at: at(minute) + 30_000,
  resolutionMs: 1_000,
  operation: 'decrypt',
  refusal,
  caller: { process: null, principal: 'role', session },
});

const facts = (given: Partial<DrillFacts>): DrillFacts => ({
  key: 'arn:aws:kms:eu-central-1:200000000001:key/k',
  promisedTtlMs: 60 * minuteMs,
  log: { from: at(-200), to: at(300) },
  changes: [],
  answers: [],
  boots: [],
  hits: [],
  leases: [],
  unlogged: [],
  logOff: [],
  refusalsAbsent: false,
  ...given,
});

/** A process whose telemetry is whole, and what it asked. */
const told = (given: Partial<DrillFacts>): DrillFacts => {
  const boot = { process: 'engine-1', boot: 'b', startedAt: at(-200), ttlMs: 60 * minuteMs };
  const base = facts({
    boots: [{ ...boot, toldUntil: at(300), ended: false, gaps: [] }],
    ...given,
  });
  const caller = { process: 'engine-1', principal: 'role', session: 'engine-1' };
  return { ...base, answers: base.answers.map((one) => ({ ...one, caller })) };
};

const kept = told({
  changes: [change(0, 'DisableKey')],
  answers: [answer(-10), answer(50, 'state')],
  leases: [{ process: 'engine-1', at: at(-10) + 30_000, endsAt: at(50) + 30_000 }],
  hits: [{ process: 'engine-1', at: at(49) }],
});
const only = (of: DrillFacts) => {
  const [one] = drillOf(of).drills;
  if (one === undefined) throw new Error('no drill');
  return { ...one, codes: one.reasons.map(({ code }) => code) };
};

describe('a drill', () => {
  test('tells the time to dark, and of that what the cloud and what caches took', () => {
    const answers = [answer(-10), answer(1), answer(50, 'state')];
    const leases = [...kept.leases, { process: 'engine-1', at: at(1), endsAt: at(61) }];
    const late = only(told({ ...kept, answers, leases }));
    expect(late.verdict).toBe('pass');
    expect(late.cloud).toMatchObject({ atLeastMs: 90_000, lastYesAt: at(1) + 30_000 });
    expect(late.timeToDarkMs).toBe(50.5 * minuteMs);
    expect(late.cacheMs).toBe(49 * minuteMs);
  });

  test('that lacks nothing passes; a use minutes after the promise fails', () => {
    expect(only(kept).codes).toEqual(['kept']);
    const hits = [...kept.hits, { process: 'engine-1', at: at(75) }];
    expect(only({ ...kept, hits })).toMatchObject({ verdict: 'fail', codes: ['used-late'] });
  });

  test.each<[string, Partial<DrillFacts>, string]>([
    ['telemetry with a gap', { boots: gapped() }, 'telemetry-gap'],
    ['telemetry that ends', { boots: ending() }, 'telemetry-ends'],
    ['a log with a gap', { unlogged: [at(-20)] }, 'log-gap'],
    ['a log that begins late', { log: { from: at(-30), to: at(300) } }, 'log-starts-late'],
    ['a log that was switched off', { logOff: [at(-5)] }, 'log-off'],
    ['somebody without telemetry', { answers: withOther() }, 'others'],
    ['a key enabled before all were dark', { changes: restoredAt(20) }, 'restored-first'],
    ['no request after it', { answers: kept.answers.slice(0, 1) }, 'nothing-asked'],
  ])('over %s proves nothing', (_, given, code) => {
    const { verdict, codes } = only({ ...kept, ...given });
    expect(verdict).toBe('not-proven');
    expect(codes).toContain(code);
  });

  test('over telemetry with a gap says no "fail" either: a grant may be missing', () => {
    const hits = [...kept.hits, { process: 'engine-1', at: at(75) }];
    expect(only({ ...kept, hits, boots: gapped() }).verdict).toBe('not-proven');
  });

  test('of a log alone tells times, and that it cannot tell what was held', () => {
    const answers = [answer(-10), answer(50, 'state')];
    const one = only(facts({ changes: kept.changes, answers }));
    expect(one).toMatchObject({ verdict: 'not-proven', codes: ['no-telemetry'], darkBy: null });
    expect(one.callers).toMatchObject([{ told: false, lastSuccessAt: at(-10) + 30_000 }]);
  });

  test('without a lifecycle event says so, or that the key is refused for no told reason', () => {
    expect(drillOf(facts({ answers: [answer(-10)] })).state).toBe('no-event');
    const view = drillOf(facts({ answers: [answer(-10), answer(5, 'permission')] }));
    expect(view).toMatchObject({ state: 'refused-untold', refused: { n: 1 } });
  });

  test('of two revocations in one window counts from the first, and names both', () => {
    const changes = [change(0, 'DisableKey'), change(5, 'ScheduleKeyDeletion')];
    const one = only({ ...kept, changes });
    expect(one.revoked.operation).toBe('DisableKey');
    expect(one.also.map(({ operation }) => operation)).toEqual(['ScheduleKeyDeletion']);
  });

  test('of a permission needs a refusal: a policy that took nothing is none', () => {
    const changes = [change(0, 'PutKeyPolicy')];
    expect(drillOf(told({ changes, answers: [answer(-10), answer(5)] })).state).toBe('no-event');
    const answers = [answer(-10), answer(5, 'permission')];
    expect(only(told({ ...kept, changes, answers })).revoked.how).toBe('policy');
  });

  test('is a report in which names from a log are text', () => {
    const changes = [change(0, 'DisableKey', { by: '<b>[x](http://e.example)</b>' })];
    const report = renderDrill(drillOf({ ...kept, changes }));
    expect(report).toContain('# Revocation drill');
    expect(report).not.toMatch(/<b>|\]\(http:\/\//);
  });
});

function gapped() {
  return kept.boots.map((boot) => ({ ...boot, gaps: [{ from: at(10), to: at(20) }] }));
}
function ending() {
  return kept.boots.map((boot) => ({ ...boot, toldUntil: at(30) }));
}
function withOther() {
  return [answer(-15, null, 'batch'), ...kept.answers].sort((a, b) => a.at - b.at);
}
function restoredAt(minute: number) {
  return [change(0, 'DisableKey'), change(minute, 'EnableKey')];
}

test('a key’s state is what its last event made it: a cancelled deletion leaves it disabled', () => {
  const states = ['CreateKey', 'DisableKey', 'EnableKey', 'ScheduleKeyDeletion']
    .concat(['CancelKeyDeletion', 'RotateKey', 'ScheduleKeyDeletion', 'DeleteKey'])
    .map((name, minute) => change(minute, name));
  expect(states.map((_, no) => keyStateOf(states.slice(0, no + 1)).state)).toEqual([
    ...['enabled', 'disabled', 'enabled', 'pending-deletion'],
    ...['disabled', 'disabled', 'pending-deletion', 'deleted'],
  ]);
  expect(keyStateOf([])).toEqual({ state: 'untold', since: null });
});
