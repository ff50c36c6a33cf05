/** A view is one snapshot: while telemetry and the log come in, no poll of any sees half of a batch. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import type { TelemetryBatch } from '../../lib/domain/telemetry-record.ts';
import { listCalls } from '../../lib/services/answers/calls.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { metrics } from '../../lib/services/answers/metrics.ts';
import { report } from '../../lib/services/answers/report.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { testDatabases } from '../support/postgres.ts';
import { emptyBatch } from '../support/records.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { story } from '../support/story.ts';

const stepMs = 15 * 60_000;
const pollsMin = sized({ ci: 4, long: 1_000 });
const rowKinds = ['calls', 'attempts', 'operations', 'deks'] as const;

interface Step {
  until: number;
  telemetry: TelemetryBatch;
  audit: AuditRecord[];
}

/** The story as it came in: quarter of an hour by quarter of an hour, its telemetry and then its log. */
function stepsOf({ from, to, telemetry, audit }: ReturnType<typeof story>): Step[] {
  const steps: Step[] = [];
  for (let at = from; at < to; at += stepMs)
    steps.push({ until: at + stepMs, telemetry: emptyBatch(), audit: [] });
  const stepAt = (at: number) =>
    steps[Math.min(Math.floor((at - from) / stepMs), steps.length - 1)];
  for (const kind of rowKinds)
    for (const row of telemetry[kind]) stepAt(row.at)?.telemetry[kind].push(row as never);
  for (const record of audit) stepAt(record.at)?.audit.push(record);
  return steps;
}

describe.each(testDatabases())('polls on $name', ({ missing, open }) => {
  let store: TestStore;
  const told = story(11);
  const window = { from: told.from, to: told.to };

  beforeAll(async () => {
    if (missing === null) store = await openTestStore(open);
  }, 60_000);
  afterAll(() => store?.close());

  test('of every view during ingest show residual 0 in each', async (context) => {
    if (missing !== null) return context.skip(missing);
    const { ctx } = store;
    store.setNow(told.to);
    let ingesting = true;
    const residuals = new Map<string, number[]>();
    const fewest = () => Math.min(...[...residuals.values()].map(({ length }) => length));
    const ingest = async () => {
      do {
        await store.empty();
        for (const { until, telemetry, audit } of stepsOf(told)) {
          await ingestTelemetry({ ctx, input: telemetry });
          await ingestAudit({ ctx, input: { records: audit, source: 'files', seenAt: null } });
          await store.cover(until);
        }
      } while (fewest() < pollsMin);
      ingesting = false;
    };
    const note = (view: string, residual: number): void => {
      residuals.set(view, [...(residuals.get(view) ?? []), residual]);
    };
    const views: (() => Promise<void>)[] = [
      async () => note('explain', (await explain({ ctx, input: { window } })).ledger.residual),
      async () => {
        const text = await report({ ctx, input: { window } });
        note('report', text.includes('Nothing is unaccounted for.') ? 0 : 1);
      },
      async () => {
        const { text } = await metrics({ ctx, input: { until: told.to } });
        const found = [...text.matchAll(/^keytide_ledger_residual\{.*\} (\S+)$/gm)];
        note(
          'metrics',
          found.reduce((sum, [, n]) => sum + Math.abs(Number(n)), 0),
        );
      },
      async () => {
        const input = { window, show: 'unmatched', filters: {}, cursor: null } as const;
        note('calls', (await listCalls({ ctx, input })).total);
      },
    ];
    const poll = async (view: () => Promise<void>) => {
      while (ingesting) await view();
    };
    await Promise.all([ingest(), ...views.map(poll)]);
    for (const [view, found] of residuals) {
      expect({ view, polls: found.length >= pollsMin }).toEqual({ view, polls: true });
      expect({ view, wrong: found.filter((n) => n !== 0) }).toEqual({ view, wrong: [] });
    }
    expect(residuals.size).toBe(views.length);
  });
});
