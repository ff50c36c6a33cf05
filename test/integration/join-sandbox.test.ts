/** Each cloud's sandbox at its default load: whatever its log records of ids and claims, what is joined is right. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isUse } from '../../lib/domain/kms-operations.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { emptyBatch } from '../support/records.ts';
import {
  recorded,
  recordings,
  type SandboxLog,
  sandboxLog,
  truthOf,
} from '../support/sandbox-log.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(() => store.clear());
afterAll(() => store.close());

const hours = sized({ ci: 1, long: 24 });
const lostShare = 0.02;
const parts = 4;

/** By which each cloud's events are known to be an attempt's. */
const methodsOf = {
  aws: { all: ['request-id'], 'an id in ten': ['assignment', 'request-id'] },
  gcp: { all: ['reason'] },
  azure: { all: ['request-id'], 'an id in ten': ['assignment', 'request-id'] },
} as const;

describe.each(['aws', 'gcp', 'azure'] as const)('of %s', (cloud) => {
  let all: SandboxLog;
  beforeAll(
    async () => {
      all = await sandboxLog(cloud, { hours });
    },
    sized({ ci: 60_000, long: 1_800_000 }),
  );

  // Google Cloud's log has no request ids.
  test.each(recordings.filter((one) => cloud !== 'gcp' || one !== 'an id in ten'))(
    'where it records %s, nearly every event is its attempt’s, none twice, and no stranger is invented or missed',
    async (what) => {
      const random = seededRandom(11);
      const truth = new Map(all.audit.map((record) => [record.eventId, truthOf(record)]));
      const { telemetry, audit } = recorded(all, what);
      // Of a few calls the telemetry is lost.
      const lost = new Set(
        telemetry.calls.filter(() => random() < lostShare).map(({ spanId }) => spanId),
      );
      const kept = telemetry.calls.filter(({ spanId }) => !lost.has(spanId));
      const numbers = new Set(kept.map(({ process, boot, seq }) => `${process} ${boot} ${seq}`));
      const attempts = telemetry.attempts.filter(({ process, boot, seq }) =>
        numbers.has(`${process} ${boot} ${seq}`),
      );
      const batches = Array.from({ length: parts }, emptyBatch);
      batches[0]?.boots.push(...telemetry.boots);
      for (const call of kept) batches[call.seq % parts]?.calls.push(call);
      for (const row of attempts) batches[row.seq % parts]?.attempts.push(row);
      for (const row of telemetry.operations) batches[row.seq % parts]?.operations.push(row);
      const logs = Array.from({ length: parts }, (): typeof audit => []);
      for (const record of audit) {
        logs[Math.floor(random() * parts)]?.push(record);
        if (random() < 0.2) logs[Math.floor(random() * parts)]?.push(record);
      }
      for (let part = 0; part < parts; part += 1) {
        const records = logs[part] ?? [];
        await ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
        await ingestTelemetry({ ctx: store.ctx, input: batches[parts - 1 - part] ?? emptyBatch() });
      }
      const pairs = await store.query<{ event: string; attempt: string; method: string }>(
        `SELECT event_id AS event, process || ' ' || boot || ' ' || seq || ' ' || attempt AS attempt, join_method AS method
         FROM kms_attempt WHERE event_id IS NOT NULL`,
      );
      const methods = [...new Set(pairs.map(({ method }) => method))].sort();
      const known = new Map<string, readonly string[]>(Object.entries(methodsOf[cloud]));
      expect(methods).toEqual(known.get(what) ?? ['assignment']);
      expect(new Set(pairs.map(({ event }) => event)).size).toBe(pairs.length);
      const right = pairs.filter(({ event, attempt }) => truth.get(event) === attempt).length;
      const share = right / attempts.filter(({ sent }) => sent).length;
      process.stdout.write(
        `join.assigned.sandbox.${cloud} (${what}) ${share.toFixed(5)} of ${attempts.length}\n`,
      );
      expect(share).toBeGreaterThanOrEqual(what === 'all' ? 1 : 0.99);
      await store.cover(all.to);
      store.setNow(all.to);
      const view = await explain({
        ctx: store.ctx,
        input: { window: { from: all.from, to: all.to } },
      });
      expect(view.ledger.residual).toBe(0);
      const ours = new Set(all.audit.flatMap((one) => (truthOf(one) ? [one.principal] : [])));
      const planted = all.audit.filter((one) => isUse(one.action) && !ours.has(one.principal));
      const strangers = view.strangers.filter(({ kind }) => kind === 'stranger');
      const found = strangers.map(({ principal, events }) => [principal, events]).sort();
      const byPrincipal = Map.groupBy(planted, ({ principal }) => principal);
      expect(planted.length).toBeGreaterThan(0);
      expect(found).toEqual([...byPrincipal].map(([who, of]) => [who, of.length]).sort());
    },
    sized({ ci: 60_000, long: 1_800_000 }),
  );
});
