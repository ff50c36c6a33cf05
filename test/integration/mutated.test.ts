/** Valid OTLP bodies and audit records with one thing wrong in each: never a fault of ours, never a lost neighbour. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { parseMetrics, parseTraces } from '../../lib/ingest/parse-otlp.ts';
import { acceptMetrics, acceptTraces } from '../../lib/services/accept-otlp.ts';
import { explain } from '../../lib/services/explain.ts';
import { ingestAudit } from '../../lib/services/ingest-audit.ts';
import { findRecords } from '../../lib/sources/cloudtrail/find-records.ts';
import { cloudTrailRecord, hostileStory } from '../support/hostile-story.ts';
import { mutated } from '../support/mutate.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const from = Date.UTC(2026, 10, 23, 6);
const parsedMax = sized({ ci: 3_000, long: 100_000 });
const storedMax = sized({ ci: 60, long: 1_000 });

type Groups = { resourceSpans: unknown[] } | { resourceMetrics: unknown[] };
const told = hostileStory('legal', from) as unknown as Record<'traces' | 'metrics', Groups>;

/** The first group of a request with a few of its items, under another process for each `id`. */
function groupOf(signal: 'traces' | 'metrics', id: string): unknown {
  const body = JSON.parse(JSON.stringify(told[signal]).replaceAll('engine-1', id));
  const [group] = body.resourceSpans ?? body.resourceMetrics;
  const [scope] = group.scopeSpans ?? group.scopeMetrics;
  if (scope.spans) scope.spans = scope.spans.slice(0, 4);
  return group;
}

const request = (signal: 'traces' | 'metrics', groups: unknown[]) =>
  signal === 'traces' ? { resourceSpans: groups } : { resourceMetrics: groups };

describe.each(['traces', 'metrics'] as const)('mutated %s', (signal) => {
  const parse = signal === 'traces' ? parseTraces : parseMetrics;
  const rowsOf = (process: string, body: object) => {
    const { calls, attempts, operations, deks } = parse(body);
    return [...calls, ...attempts, ...operations, ...deks].filter((row) => row.process === process);
  };

  test(`${parsedMax} of them lose no neighbour, and what is not taken is counted`, () => {
    const random = seededRandom(7);
    const [group, neighbour] = [groupOf(signal, 'mutant'), groupOf(signal, 'neighbour')];
    const whole = rowsOf('neighbour', request(signal, [neighbour])).length;
    const full = rowsOf('mutant', request(signal, [group])).length;
    for (let number = 0; number < parsedMax; number += 1) {
      const mutant = mutated(group, random);
      const body = request(signal, [mutant, neighbour]);
      const { rejected, reasons, ...batch } = parse(body);
      const rows = [...batch.calls, ...batch.attempts, ...batch.operations, ...batch.deks];
      expect(rows.filter(({ process }) => process === 'neighbour')).toHaveLength(whole);
      const taken = rows.length - whole;
      if (taken < full && ownItems(mutant) >= ownItems(group)) expect(rejected).toBeGreaterThan(0);
      if (rejected > 0) expect(reasons.length).toBeGreaterThan(0);
    }
  });
});

/** Spans and points that still bear something of Keytide's: what does not is another service's, and passed over. */
function ownItems(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0;
  const isOwn =
    'startTimeUnixNano' in node &&
    JSON.stringify(Reflect.get(node, 'attributes'))?.includes('"keytide.');
  const isMetric = 'name' in node && String(node.name).startsWith('keytide.');
  const inside = Object.values(node).reduce((sum: number, child) => sum + ownItems(child), 0);
  return inside + (isOwn ? 1 : 0) + (isMetric ? 1 : 0);
}

test(`${parsedMax} mutated audit records are each taken, ignored or rejected with a reason`, () => {
  const random = seededRandom(8);
  const record = cloudTrailRecord('mutant', 'legal', { at: from, index: 3 });
  const neighbour = cloudTrailRecord('neighbour', 'legal', { at: from });
  for (let number = 0; number < parsedMax; number += 1) {
    const found = [...findRecords({ Records: [mutated(record, random), neighbour] })].map(
      ({ parsed }) => parsed,
    );
    expect(found.length).toBeGreaterThanOrEqual(2);
    for (const one of found)
      if (one.kind !== 'record') expect(one.reason.length).toBeGreaterThan(3);
    expect(found.at(-1)).toMatchObject({ kind: 'record', record: { eventId: 'neighbour' } });
  }
});

describe(`${storedMax} of each through the store`, () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
  }, 60_000);
  beforeEach(() => store.clear());
  afterAll(() => store?.close());

  test('none is a fault, no neighbour is lost, and every view still reads', async () => {
    const { ctx } = store;
    const random = seededRandom(9);
    const neighbours: string[] = [];
    for (let number = 0; number < storedMax; number += 1) {
      const name = `n-${number}`;
      neighbours.push(name);
      for (const [signal, accept] of [
        ['traces', acceptTraces],
        ['metrics', acceptMetrics],
      ] as const) {
        const groups = [mutated(groupOf(signal, 'mutant'), random), groupOf(signal, name)];
        await accept({ ctx, input: request(signal, groups) });
      }
      const records: AuditRecord[] = [];
      const mutant = mutated(
        cloudTrailRecord(`m-${number}`, 'legal', { at: from, index: 3 }),
        random,
      );
      const neighbour = cloudTrailRecord(`e-${number}`, 'legal', { at: from });
      for (const { parsed: one } of findRecords({ Records: [mutant, neighbour] }))
        if (one.kind === 'record') records.push(one.record);
      const taken = await ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
      expect(taken.rejected).toEqual([]);
    }
    const [found] = await store.query<{ calls: number; counts: number; events: number }>(
      `SELECT (SELECT count(DISTINCT process) FROM kms_call WHERE process LIKE 'n-%')::int AS calls,
        (SELECT count(DISTINCT process) FROM operation_count WHERE process LIKE 'n-%')::int AS counts,
        (SELECT count(*) FROM audit_event WHERE event_id LIKE 'e-%')::int AS events`,
    );
    const all = neighbours.length;
    expect(found).toEqual({ calls: all, counts: all, events: all });
    const view = await explain({ ctx, input: { window: { from, to: from + 3_600_000 } } });
    expect(JSON.stringify(view)).not.toMatch(/native code/);
    expect(view.ledger.lines.every(({ total }) => Number.isFinite(total))).toBe(true);
  });
});
