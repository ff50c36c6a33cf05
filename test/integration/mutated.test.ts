/** Valid OTLP bodies and audit records with one thing wrong in each: never a fault of ours, never a lost neighbour. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { parseMetrics, parseTraces } from '../../lib/ingest/parse-otlp.ts';
import { findRecords } from '../../lib/sources/cloudtrail/find-records.ts';
import { cloudTrailRecord } from '../support/hostile-story.ts';
import { groupOf, requestOf } from '../support/mutable-otlp.ts';
import { mutated } from '../support/mutate.ts';
import { sized } from '../support/sized.ts';

const from = Date.UTC(2026, 10, 23, 6);
const parsedMax = sized({ ci: 3_000, long: 100_000 });

describe.each(['traces', 'metrics'] as const)('mutated %s', (signal) => {
  const parse = signal === 'traces' ? parseTraces : parseMetrics;
  const rowsOf = (process: string, body: object) => {
    const { calls, attempts, operations, deks } = parse(body);
    return [...calls, ...attempts, ...operations, ...deks].filter((row) => row.process === process);
  };

  test(`${parsedMax} of them lose no neighbour, and what is not taken is counted`, () => {
    const random = seededRandom(7);
    const [group, neighbour] = [
      groupOf(signal, 'mutant', from),
      groupOf(signal, 'neighbour', from),
    ];
    const whole = rowsOf('neighbour', requestOf(signal, [neighbour])).length;
    const full = rowsOf('mutant', requestOf(signal, [group])).length;
    for (let number = 0; number < parsedMax; number += 1) {
      const mutant = mutated(group, random);
      const body = requestOf(signal, [mutant, neighbour]);
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
