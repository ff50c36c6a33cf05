import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partHref } from '../../components/spikes/part-href.ts';
import { parseCallsQuery } from '../../lib/http/parse-calls-query.ts';
import { listCalls, rawEvent } from '../../lib/services/answers/calls.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { describeSpike } from '../../lib/services/answers/spike-detail.ts';
import { listSpikes } from '../../lib/services/answers/spikes.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { logCauseHref } from '../../lib/shared/calls-href.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { type Scenario, scenario } from '../support/scenario.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { removeDir, runKeytide, scratchDir } from '../support/up.ts';

/** Old data is opened again: seed 1 of the scenarios. */
let told: Scenario;
let store: TestStore;
let dir: string;

beforeAll(async () => {
  told = await scenario(1);
  store = await openTestStore();
  dir = await scratchDir();
}, 120_000);
afterAll(async () => {
  await store.close();
  await removeDir(dir);
});

async function explained(audit: Scenario['audit']) {
  await store.clear();
  const { ctx } = store;
  await ingestAudit({ ctx, input: { records: audit, source: 'files', seenAt: null } });
  return explain({ ctx, input: { window: { from: told.from, to: told.to } } });
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, n) => sum + n, 0);

describe('a log without telemetry', () => {
  test('gives its causes as its events claim them', async () => {
    const { logCauses, sentences, ledger, ...view } = await explained(told.audit);
    const uses = told.audit.filter(({ claim }) => claim !== null);
    expect(logCauses).toMatchObject({ examined: uses.length, of: uses.length });
    expect(new Set(logCauses?.causes.map(({ how }) => how))).toEqual(new Set(['claimed']));
    const reopened = logCauses?.causes.find(({ cause }) => cause === 'load.reopened');
    expect(reopened?.events).toBe(
      uses.filter(({ claim }) => claim?.cause === 'load.reopened').length,
    );
    expect(sentences.join(' ')).toContain('claim their own cause');
    // Charts and lists are of the events, and lead to them.
    const charted: Record<string, number> = {};
    for (const { causes } of view.buckets)
      for (const [cause, n] of Object.entries(causes)) charted[cause] = (charted[cause] ?? 0) + n;
    expect(charted).toEqual(
      Object.fromEntries(logCauses?.causes.map(({ cause, events }) => [cause, events]) ?? []),
    );
    expect(view.costs).toMatchObject([{ requests: uses.length, amountWithoutCache: null }]);
    const { ctx } = store;
    const listed = await listCalls({
      ctx,
      input: {
        window: view.window,
        show: 'events',
        filters: { cause: 'load.reopened' },
        cursor: null,
      },
    });
    expect(listed.total).toBe(charted['load.reopened']);
    const lost = await listCalls({
      ctx,
      input: { window: view.window, show: 'lost', filters: {}, cursor: null },
    });
    expect(lost.total).toBe(uses.length);
    const [first] = lost.rows;
    expect(first?.event?.state).toBe('telemetry-lost');
    const { eventId = '', at = 0 } = first?.event ?? {};
    expect((await rawEvent({ ctx, input: { eventId, at } })).event.state).toBe('telemetry-lost');
    // Nothing of telemetry is there, so nothing of it can be missing.
    expect(ledger.lines.map(({ id, residual }) => [id, residual])).toEqual([
      ['operations', 0],
      ['calls', 0],
      ['attempts', 0],
      ['log', 0],
      ['events', 0],
    ]);
  });

  test('and without claims infers them, with the confidence said, also of its spikes', async () => {
    const { logCauses, sentences, strangers } = await explained(
      told.audit.map((record) => ({ ...record, claim: null })),
    );
    expect(new Set(logCauses?.causes.map(({ how }) => how))).toEqual(new Set(['inferred']));
    for (const { confidence } of logCauses?.causes ?? []) {
      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
    expect(sentences.join(' ')).toMatch(
      /are inferred from context, session and time, .* confidence of/,
    );
    expect(strangers.length).toBeGreaterThan(0);
    expect(sentences.join(' ')).toContain('The log alone does not say');
    expect(sentences.join(' ')).not.toContain('is not one of this service’s');
    const { ctx } = store;
    const window = { from: told.from, to: told.to };
    // Whose an event is nothing tells, so none is called a stranger's.
    const { rows } = await listCalls({
      ctx,
      input: { window, show: 'events', filters: {}, cursor: null },
    });
    expect(new Set(rows.map(({ event }) => event?.state))).toEqual(new Set(['not-known']));
    const { eventId = '', at: heardAt = 0 } = rows[0]?.event ?? {};
    const raw = await rawEvent({ ctx, input: { eventId, at: heardAt } });
    expect(raw.event.state).toBe('not-known');
    const { spikes, unit } = await listSpikes({ ctx, input: { window, filter: {} } });
    expect(unit).toBe('events');
    const at = told.planted[0]?.at ?? 0;
    const spike = spikes.find(({ from, to }) => from <= at && at < to);
    if (spike === undefined) throw new Error('the log has a spike');
    expect(spike).toMatchObject({ unit: 'events', mainCause: 'load.first.historical', echo: null });
    expect(Object.values(spike.causes).reduce((sum, n) => sum + n, 0)).toBe(spike.calls);
    const detail = await describeSpike({
      ctx,
      input: { id: spike.id, filter: { key: spike.key } },
    });
    for (const { parts } of detail.breakdowns)
      expect(parts.reduce((sum, { calls }) => sum + calls, 0)).toBe(spike.calls);
    for (const { calls, causes } of detail.minutes)
      expect(Object.values(causes).reduce((sum, n) => sum + n, 0)).toBe(calls);
    const shown = new Set(detail.minutes.flatMap(({ causes }) => Object.keys(causes)));
    expect(shown).toContain('load.first.historical');
    expect(shown).not.toContain('stranger');
  });

  test('leads from each count of a cause to as many events', async () => {
    // Every second event claims its cause, so that a cause is known both ways.
    const { logCauses, buckets, bucketMs, window } = await explained(
      told.audit.map((record, no) => (no % 2 === 0 ? record : { ...record, claim: null })),
    );
    const { ctx } = store;
    const listed = async (href: string, place: TimeWindow) => {
      const query = new URLSearchParams(href.split('?')[1]);
      if (!query.has('from')) {
        query.set('from', String(place.from));
        query.set('to', String(place.to));
      }
      const seen = new Set<string>();
      for (let cursor: string | null = null; ; ) {
        const input = { ...parseCallsQuery(query, place.to), cursor };
        const { rows, total, nextCursor } = await listCalls({ ctx, input });
        for (const { event } of rows) seen.add(event?.eventId ?? '');
        cursor = nextCursor;
        if (cursor === null) {
          expect(seen.size).toBe(total);
          return total;
        }
      }
    };
    const causes = logCauses?.causes ?? [];
    expect(new Set(causes.map(({ how }) => how)).size).toBe(2);
    for (const { cause, how, events } of causes)
      expect(await listed(logCauseHref({ cause, how, over: null }), window)).toBe(events);
    const busiest = buckets.toSorted((a, b) => sumOf(b.causes) - sumOf(a.causes)).slice(0, 3);
    for (const { start, causes: counts } of busiest)
      for (const [cause, n] of Object.entries(counts)) {
        const bar = { from: start, to: start + bucketMs };
        expect(await listed(logCauseHref({ cause, how: null, over: window }, bar), bar)).toBe(n);
      }
    const { spikes } = await listSpikes({ ctx, input: { window, filter: {} } });
    const [spike] = spikes;
    if (spike === undefined) throw new Error('the log has a spike');
    const { key, workspace } = spike;
    const filter = workspace === null ? { key } : { key, workspace };
    const page = await describeSpike({ ctx, input: { id: spike.id, filter } });
    const parts = page.breakdowns.find(({ dimension }) => dimension === 'cause')?.parts ?? [];
    expect(parts.length).toBeGreaterThan(0);
    for (const part of parts)
      expect(await listed(partHref(part, 'cause', page) ?? '', page)).toBe(part.calls);
  });
});

test('a window under long leases is told by what lies before it', async () => {
  const template = told.audit.find(
    ({ operation, claim }) => operation === 'Decrypt' && claim !== null,
  );
  if (template === undefined) throw new Error('the log has no Decrypt');
  const hourMs = 3_600_000;
  // Ten DEKs, each loaded again by one session as soon as its lease of four hours has ended.
  const records = Array.from({ length: 200 }, (_, no) => ({
    ...template,
    eventId: `long-${no}`,
    requestId: `long-${no}`,
    sharedEventId: null,
    claim: null,
    session: 'engine-1',
    dekId: `dek-${no % 10}`,
    context: null,
    at: told.from + Math.floor(no / 10) * (4 * hourMs + 20_000) + (no % 10) * 60_000,
  }));
  await store.clear();
  const { ctx } = store;
  await ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
  const window = { from: told.from + 40 * hourMs, to: told.from + 80 * hourMs };
  const { logCauses } = await explain({ ctx, input: { window } });
  expect(logCauses?.causes.map(({ cause }) => cause)).toEqual(['load.expired']);
});

describe('keytide explain --audit', () => {
  const heading = 'timestamp_s,conversation_id,turn,workspace';
  const startS = Date.UTC(2026, 10, 23, 12) / 1000;

  test('needs files alone, takes the user’s own count of messages, and names what it cannot read', async () => {
    const rows = Array.from({ length: 40 }, (_, no) => `${startS + no * 300},c${no % 3},${no},w`);
    const trace = join(dir, 'trace.csv');
    await writeFile(trace, `${heading}\n${rows.join('\n')}\n`);
    const out = join(dir, 'run');
    expect((await runKeytide(['replay', trace, '--out', out])).code).toBe(0);
    const messages = join(dir, 'messages.csv');
    // One hour by an offset, one that is missing, one that is none.
    await writeFile(
      messages,
      'hour,messages\n2026-11-23T13:00+01:00,30\nnoon,4\n2026-11-23T14Z,10\n',
    );
    const args = ['explain', '--audit', join(out, 'log'), '--messages', messages];
    const json = await runKeytide([...args, '--json']);
    expect(json.code).toBe(0);
    expect(json.stderr).toContain('line 3: noon is no ISO hour');
    const view = JSON.parse(json.stdout);
    expect(view).toMatchObject({ ledger: expect.anything(), spikes: [], strangers: [] });
    expect(view.ledger.messages).toBe(40);
    expect(view.logCauses.causes[0]).toMatchObject({ how: 'claimed' });
    expect(json.stdout).not.toMatch(/NaN|undefined/);
    // What only telemetry could tell is left out, not told as zero.
    expect(view.ledger.lines.map(({ id }: { id: string }) => id)).toEqual(['events']);
    const [under] = view.keys;
    const events = view.ledger.lines.find(
      ({ label }: { label: string }) => label === 'Audit events',
    );
    expect(view.keys).toEqual([
      { key: expect.stringMatching(/^arn:aws:kms:/), events: events.total },
    ]);
    const plain = await runKeytide(args);
    expect(plain.stdout).toMatch(new RegExp(`under +${under.events}  ${under.key}\n`));
    const markdown = await runKeytide([...args, '--markdown']);
    expect(markdown.stdout).toMatch(/^# Why the KMS was called as often as it was\n/);
    expect(markdown.stdout).toContain('## Causes, as the log tells');
    expect(markdown.stdout).not.toMatch(/NaN|undefined/);
    expect((await runKeytide([...args, '--markdown', '--json'])).code).toBe(2);
  }, 120_000);
});
