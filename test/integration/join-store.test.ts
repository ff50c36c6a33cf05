import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinEvents } from '../../lib/correlate/join.ts';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import type { AttemptRecord, CallRecord } from '../../lib/domain/telemetry-record.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { dimensions } from '../../lib/store/connection/intern.ts';
import {
  attemptRecord,
  callRecord,
  customer,
  emptyBatch,
  eventOf,
  service,
} from '../support/records.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(() => store.close());

const startMs = Date.UTC(2026, 10, 23, 12);
const small = fc.nat({ max: 3 });

/** A call with its attempts, the events they left, and others that say they are it. */
const happening = fc.record({
  seq: fc.integer({ min: 1, max: 4 }),
  process: fc.constantFrom('p', 'q'),
  attempts: fc.array(
    fc.record({
      learnt: fc.boolean(),
      logged: fc.boolean(),
      copied: fc.boolean(),
      kept: fc.boolean(),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  replays: fc.array(
    fc.record({
      attempt: fc.integer({ min: 1, max: 3 }),
      late: fc.integer({ min: -3, max: 3 }),
      shared: fc.boolean(),
    }),
    {
      maxLength: 2,
    },
  ),
});
const stories = fc.uniqueArray(happening, {
  minLength: 1,
  maxLength: 5,
  selector: ({ process, seq }) => `${process} ${seq}`,
});

type Arrival =
  | { kind: 'call'; row: CallRecord }
  | { kind: 'attempt'; row: AttemptRecord }
  | { kind: 'event'; row: AuditRecord };

function arrivalsOf(
  told: readonly (typeof happening extends fc.Arbitrary<infer T> ? T : never)[],
): Arrival[] {
  const arrivals: Arrival[] = [];
  const log = (event: AuditRecord, both: boolean) => {
    const shared = { ...event, sharedEventId: `s-${event.eventId}` };
    arrivals.push({ kind: 'event', row: both ? shared : event });
    if (both)
      arrivals.push({
        kind: 'event',
        row: { ...shared, eventId: `${event.eventId}-copy`, recipientAccount: service },
      });
  };
  for (const { seq, process, attempts, replays } of told) {
    const call = callRecord({ at: startMs + seq * 1000, seq, process, attempts: attempts.length });
    if (attempts.some(({ kept }) => kept)) arrivals.push({ kind: 'call', row: call });
    for (const [index, { learnt, logged, copied, kept }] of attempts.entries()) {
      const full = attemptRecord(call, { attempt: index + 1 });
      const row = learnt ? full : { ...full, requestId: null };
      if (kept) arrivals.push({ kind: 'attempt', row });
      if (logged) log(eventOf(full), copied);
    }
    for (const [index, { attempt, late, shared }] of replays.entries()) {
      const claimed = attemptRecord(call, { attempt });
      const eventId = `replay-${process}-${seq}-${index}`;
      const requestId = `r-${eventId}`;
      log(
        eventOf(claimed, {
          eventId,
          requestId,
          at: call.at + late * 1000,
          recipientAccount: customer,
        }),
        shared,
      );
    }
  }
  return arrivals;
}

test(
  'whatever comes in whatever order, the store holds the join of everything',
  async () => {
    const orders = stories.chain((told) => {
      const all = arrivalsOf(told);
      return fc.record({
        all: fc.constant(all),
        order: fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
        size: small,
      });
    });
    await fc.assert(
      fc.asyncProperty(orders, async ({ all, order, size }) => {
        await store.clear();
        for (let at = 0; at < order.length; at += size + 1)
          await take(order.slice(at, at + size + 1));
        expect(await stored()).toEqual(await joined(all));
      }),
      { numRuns: sized({ ci: 20, long: 300 }) },
    );
  },
  sized({ ci: 120_000, long: 3_600_000 }),
);

async function take(arrivals: readonly Arrival[]): Promise<void> {
  const { ctx } = store;
  const batch = emptyBatch();
  const records: AuditRecord[] = [];
  for (const arrival of arrivals) {
    if (arrival.kind === 'call') batch.calls.push(arrival.row);
    else if (arrival.kind === 'attempt') batch.attempts.push(arrival.row);
    else records.push(arrival.row);
  }
  await ingestTelemetry({ ctx, input: batch });
  await ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
}

interface Joined {
  eventId: string;
  state: string;
  attempt: string | null;
}

const byId = (a: Joined, b: Joined) => (a.eventId < b.eventId ? -1 : 1);

/** What the events say, and that the attempts say the same. */
async function stored(): Promise<Joined[]> {
  const events = await store.query<Joined>(
    `SELECT e.event_id AS "eventId", e.state, n.name || ' ' || p.seq || ' ' || p.attempt AS attempt FROM audit_event e
       LEFT JOIN pair p ON p.event_key = e.key_id AND p.event_at = e.at AND p.event_id = e.event_id
       LEFT JOIN dimension n ON n.kind = ${dimensions.process} AND n.id = p.process`,
  );
  const attempts = await store.query<{ eventId: string; attempt: string }>(
    `SELECT event_id AS "eventId", process || ' ' || seq || ' ' || attempt AS attempt
     FROM kms_attempt WHERE event_id IS NOT NULL ORDER BY 1`,
  );
  const matched = events.sort(byId).filter(({ attempt }) => attempt !== null);
  expect(attempts.sort((a, b) => (a.eventId < b.eventId ? -1 : 1))).toEqual(
    matched.map(({ eventId, attempt }) => ({ eventId, attempt })),
  );
  return events;
}

async function joined(arrivals: readonly Arrival[]): Promise<Joined[]> {
  const verdicts = joinEvents({
    attempts: arrivals.flatMap((one) => (one.kind === 'attempt' ? one.row : [])),
    calls: arrivals.flatMap((one) => (one.kind === 'call' ? one.row : [])),
    events: arrivals.flatMap((one) =>
      one.kind === 'event' ? { ...one.row, claimIn: one.row.facts.claimIn } : [],
    ),
  });
  return verdicts
    .map(({ event, state, attempt }) => ({
      eventId: event.eventId,
      state,
      attempt: attempt && `${attempt.process} ${attempt.seq} ${attempt.attempt}`,
    }))
    .sort(byId);
}
