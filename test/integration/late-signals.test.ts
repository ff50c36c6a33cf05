/**
 * A process tells calls and counts in requests of their own, the log tells events in its own time: whatever comes
 * first, nothing is judged before both sides of it are in, and what never comes is lost after a while.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { presets } from '../../crypto-core/src/policy.ts';
import { metricsRequest, traceRequest } from '../../crypto-core/src/telemetry/otlp-json.ts';
import type { KmsCall, RollUp } from '../../crypto-core/src/telemetry/port.ts';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { listCalls } from '../../lib/services/answers/calls.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { metrics } from '../../lib/services/answers/metrics.ts';
import { report } from '../../lib/services/answers/report.ts';
import { acceptMetrics, acceptTraces } from '../../lib/services/intake/accept-otlp.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { attemptRecord, auditRecord, callRecord, eventOf, keyArn } from '../support/records.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const minuteMs = 60_000;
const from = Date.UTC(2026, 10, 23, 12);
const minutes = sized({ ci: 3, long: 6 });
const window = { from, to: from + 60 * minuteMs };
const seeds = sized({ ci: 1, long: 200 });

/** What is delivered at once: an OTLP request, or records of the log. */
type Delivery = { name: string } & (
  | { signal: 'traces' | 'metrics'; body: object }
  | { signal: 'log'; records: AuditRecord[] }
);

const dropped = { spans: 0, rollups: 0 };

function callOf(process: string, seq: number, at: number): KmsCall {
  const attempt = {
    attempt: 1,
    spanId: seq.toString(16).padStart(16, 'a'),
    sentAt: at + 1,
    durationMs: 5,
    sent: true,
    outcome: 'ok',
    requestId: `r-${process}-boot0001-${seq}-1`,
    httpStatus: 200,
  } as const;
  return {
    seq,
    at,
    endedAt: at + 12,
    provider: 'aws',
    operation: 'Decrypt',
    workspace: 'legal',
    keyUri: keyArn,
    path: 'decrypt',
    cause: 'load.first',
    dekId: `${process}${seq}`.padEnd(32, '0'),
    dekAgeMs: 0,
    coalesced: 0,
    generation: 0,
    rootSeq: seq,
    outcome: 'ok',
    traceId: 'ab'.repeat(16),
    spanId: seq.toString(16).padStart(16, '0'),
    attempts: [attempt],
  };
}

const calledPerMinute = 3;

/** Two processes that each make three calls a minute, minute by minute, and the log of it. */
function deliveries(): Delivery[] {
  const told: Delivery[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    const at = from + minute * minuteMs;
    const records: AuditRecord[] = [];
    for (const process of ['engine-1', 'engine-2']) {
      const sender = { process, boot: 'boot0001', startedAt: from, policy: presets.hourly };
      const seqs = [1, 2, 3].map((no) => minute * calledPerMinute + no);
      const calls = seqs.map((seq, no) => callOf(process, seq, at + no * 10_000));
      const count = { minute: at, workspace: 'legal', keyUri: keyArn, scope: 'message' } as const;
      const rollUp: RollUp = {
        seq: minute + 1,
        completeUntil: at + minuteMs,
        callsTold: seqs.at(-1) ?? 0,
        last: false,
        operations: [
          { ...count, path: 'decrypt', outcome: 'miss', n: calls.length },
          { ...count, path: 'decrypt', outcome: 'hit', n: 20 },
        ],
        messages: [{ minute: at, workspace: 'legal', keyUri: keyArn, n: 10 }],
        deks: [],
      };
      const name = `${process} ${minute}`;
      told.push({ name: `traces ${name}`, signal: 'traces', body: traceRequest(sender, calls) });
      const body = metricsRequest(sender, [{ rollUp, dropped }]);
      told.push({ name: `metrics ${name}`, signal: 'metrics', body });
      for (const { seq, at: calledAt } of calls) {
        const attempt = attemptRecord(callRecord({ seq, at: calledAt, process }));
        records.push(eventOf(attempt, { at: calledAt + 2 }));
      }
    }
    told.push({ name: `log ${minute}`, signal: 'log', records });
  }
  return told;
}

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(async () => {
  await store.clear();
  store.setNow(window.to);
});
afterAll(() => store?.close());

async function deliver(delivery: Delivery): Promise<void> {
  const { ctx } = store;
  if (delivery.signal === 'log') {
    const { records } = delivery;
    await ingestAudit({ ctx, input: { records, source: 'cloudtrail', seenAt: null } });
    return;
  }
  const accept = delivery.signal === 'traces' ? acceptTraces : acceptMetrics;
  const input: unknown = JSON.parse(JSON.stringify(delivery.body));
  expect(await accept({ ctx, input })).toEqual({});
}

const listed = async (show: 'lost' | 'suspects') =>
  (await listCalls({ ctx: store.ctx, input: { window, show, filters: {}, cursor: null } })).total;

/** Everything that compares two signals, as every view shows it. */
async function judged() {
  const { ctx } = store;
  const view = await explain({ ctx, input: { window } });
  const terms = view.ledger.lines.flatMap((line) => line.terms);
  return {
    residuals: view.ledger.lines.flatMap(({ id, residual }) => (residual === 0 ? [] : [id])),
    judgements: terms.flatMap(({ id, value }) =>
      ['calls-lost', 'lost', 'suspect', 'stranger'].includes(id) && value !== 0 ? [id] : [],
    ),
    alarms: view.alarms.flatMap(({ id }) => (id === 'log' ? [] : [id])),
    strangers: view.strangers.length,
    listed: (await listed('lost')) + (await listed('suspects')),
  };
}

const nothing = { residuals: [], judgements: [], alarms: [], strangers: 0, listed: 0 };

/** The same in what others read: gauges of residual, suspects and strangers, and the report's own words. */
async function exported() {
  const { ctx } = store;
  const { text } = await metrics({ ctx, input: { until: window.to } });
  const gauges = [...text.matchAll(/^keytide_(?:ledger_residual|\w+_events)\S* (\S+)$/gm)];
  return {
    unbalanced: gauges.reduce((sum, [, n]) => sum + Math.abs(Number(n)), 0),
    reported: (await report({ ctx, input: { window } })).includes('Nothing is unaccounted for.'),
  };
}

async function waitingFor(): Promise<number> {
  const view = await explain({ ctx: store.ctx, input: { window } });
  const terms = view.ledger.lines.flatMap((line) => line.terms);
  const open = terms.filter(({ id }) => ['untold', 'events-pending', 'pending'].includes(id));
  return open.reduce((sum, { value }) => sum + Math.abs(value), 0);
}

/** Moves the clock, as if nothing had been heard for that long. */
const pass = (interval: string) =>
  store.query(`UPDATE process_boot SET waited_for_since = waited_for_since - interval '${interval}',
    heard_at = heard_at - interval '${interval}'`);

const minuteOf = ({ name }: Delivery): number => Number(name.split(' ').at(-1));
const late = (signal: Delivery['signal'], by: number) => (one: Delivery) =>
  minuteOf(one) + (one.signal === signal ? by : 0);

/** A process that was never heard is not waited for: the log alone is judged as it is. */
const rankOf = ({ name }: Delivery): number =>
  name === 'traces engine-1 0' || name === 'metrics engine-2 0' ? 0 : 1;

const orders = new Map<string, (one: Delivery) => number>([
  ['as they were sent', minuteOf],
  ['counts two minutes after their calls', late('metrics', 2)],
  ['calls two minutes after their counts', late('traces', 2)],
  ['the log before all telemetry', late('log', -minutes)],
  ['telemetry before all of the log', late('log', minutes)],
  ['the last minute first', (one) => -minuteOf(one)],
  [
    'one request of calls repeated late',
    (one) => minuteOf(one) + (one.name === 'traces engine-1 1' ? 3.5 : 0),
  ],
  [
    'one request of counts repeated late',
    (one) => minuteOf(one) + (one.name === 'metrics engine-2 2' ? 2.5 : 0),
  ],
]);
for (let seed = 1; seed <= seeds; seed += 1) {
  const random = seededRandom(seed);
  orders.set(`in any order (seed ${seed})`, () => random());
}

describe('two signals and a log', () => {
  test.each([...orders])('that come %s are never judged by half', async (_name, orderOf) => {
    const told = deliveries().map((one) => ({ one, order: orderOf(one) }));
    told.sort((a, b) => rankOf(a.one) - rankOf(b.one) || a.order - b.order);
    let logged = 0;
    for (const { one } of told) {
      await deliver(one);
      if (one.signal === 'log') logged += 1;
      // The log is said to be complete only once all of it is there: here its own lag is not at stake.
      if (logged === minutes) await store.cover(window.to, 'cloudtrail');
      expect({ after: one.name, ...(await judged()) }).toMatchObject({
        after: one.name,
        ...nothing,
      });
    }
    expect(await exported()).toEqual({ unbalanced: 0, reported: true });
    expect(await waitingFor()).toBe(0);
    const { ledger } = await explain({ ctx: store.ctx, input: { window } });
    const all = 2 * minutes * calledPerMinute;
    expect(ledger.lines.map(({ id, total }) => [id, total])).toEqual([
      ['operations', 2 * minutes * 23],
      ['calls', all],
      ['attempts', all],
      ['log', all],
      ['events', all],
    ]);
  });

  test('whose spans came apart, attempts without their call, are never judged by half', async () => {
    for (const one of deliveries()) {
      if (one.signal !== 'traces') await deliver(one);
      else {
        const parts = JSON.stringify(one.body);
        const body = (own: boolean) => {
          const half = JSON.parse(parts);
          const scope = half.resourceSpans[0].scopeSpans[0];
          scope.spans = scope.spans.filter(
            ({ name }: { name: string }) => (name === 'keytide.kms_call') === own,
          );
          return half;
        };
        await deliver({ ...one, body: body(true) });
        expect(await judged()).toMatchObject(nothing);
        await deliver({ ...one, body: body(false) });
      }
      expect(await judged()).toMatchObject(nothing);
    }
    expect(await waitingFor()).toBe(0);
  });
});

describe('what never comes', () => {
  const without = (names: readonly string[]) =>
    deliveries().filter(({ name }) => !names.includes(name));

  test('is awaited for two minutes and then told as lost, with the events that claim it', async () => {
    const [first, ...more] = without(['traces engine-1 1']);
    if (first === undefined) throw new Error('nothing to deliver');
    for (const one of [first, ...more]) await deliver(one);
    await store.cover(window.to, 'cloudtrail');
    expect(await judged()).toMatchObject(nothing);
    expect(await waitingFor()).toBeGreaterThan(0);
    // The process is heard again and again, but the missing rows never come.
    await pass('110 seconds');
    await deliver(first);
    await pass('20 seconds');
    await deliver(first);
    expect(await judged()).toMatchObject({ residuals: [], judgements: ['calls-lost', 'lost'] });
    expect(await waitingFor()).toBe(0);
    expect(await listed('lost')).toBe(calledPerMinute);
  });

  test('of a process that died is lost two minutes after its last word', async () => {
    for (const one of without(['metrics engine-2 1', 'metrics engine-2 2'])) await deliver(one);
    await store.cover(window.to, 'cloudtrail');
    expect(await judged()).toMatchObject(nothing);
    await pass('121 seconds');
    expect(await judged()).toMatchObject({ residuals: ['calls'] });
  });

  test('of a process that comes back after an outage of ours is awaited again', async () => {
    const all = deliveries();
    const early = all.filter((one) => minuteOf(one) < 1);
    const rest = all.filter((one) => minuteOf(one) >= 1);
    for (const one of early) await deliver(one);
    await pass('10 minutes');
    for (const signal of ['metrics', 'traces', 'log'] as const)
      for (const one of rest)
        if (one.signal === signal) {
          await deliver(one);
          expect({ after: one.name, ...(await judged()) }).toMatchObject(nothing);
        }
    expect(await waitingFor()).toBe(0);
  });
});

test('a suspect in a minute that every process has told is told at once, a younger one when it is', async () => {
  const suspect = (minute: number) =>
    auditRecord({ eventId: `s${minute}`, at: from + minute * minuteMs + 30_000 });
  const log = { signal: 'log', name: 'suspects', records: [suspect(0), suspect(2)] } as const;
  for (const one of deliveries()) if (minuteOf(one) < 2) await deliver(one);
  await deliver({ ...log, records: [...log.records] });
  expect(await listed('suspects')).toBe(1);
  expect(await judged()).toMatchObject({ alarms: ['suspects'], strangers: 1 });
  for (const one of deliveries()) if (minuteOf(one) >= 2) await deliver(one);
  expect(await listed('suspects')).toBe(2);
});

test('a request whose answer came after the log ends is not missed in it', async () => {
  const sender = { process: 'engine-1', boot: 'boot0001', startedAt: from, policy: presets.hourly };
  const call = callOf('engine-1', 1, from + minuteMs - 100);
  const [attempt] = call.attempts;
  if (attempt === undefined) throw new Error('no attempt');
  const slow = { ...call, attempts: [{ ...attempt, durationMs: 30_000 }] };
  await deliver({ signal: 'traces', name: 'slow', body: traceRequest(sender, [slow]) });
  await store.cover(from + minuteMs + 10_000, 'cloudtrail');
  await pass('121 seconds');
  expect(await waitingFor()).toBe(1);
  await store.cover(from + 2 * minuteMs, 'cloudtrail');
  expect(await judged()).toMatchObject({ residuals: ['log'] });
});
