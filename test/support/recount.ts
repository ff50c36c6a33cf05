import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { cuts } from '../../lib/store/rollups/description.ts';
import { unpackDay } from '../../lib/store/rollups/packed-day.ts';
import type { TestStore } from './store.ts';

interface Row {
  minute: number;
  key: string;
  workspace: string;
  process: string;
  operation: string;
}

type Query = Pick<TestStore, 'query'>;

const minute = '(floor(extract(epoch FROM at) / 60) * 60000)::float8 AS minute';
const everywhere = ['all', 'workspace', 'process'] as const;

/** The cells of a roll-up by their names: cut, key, who, minute, measure, operation, label and by whom. */
class Cells {
  readonly counts = new Map<string, number>();

  /** A call or an event of its workspace, whatever it was. */
  addAsked({ workspace, ...row }: Row) {
    const hour = row.minute - (row.minute % 3_600_000);
    const of = { ...row, minute: hour, workspace: '', operation: '' };
    if (workspace !== '') this.add('asked', of, workspace, { cuts: ['workspaces'] });
  }

  add(measure: string, row: Row, label: string, of: { n?: number; cuts?: readonly string[] } = {}) {
    const { n = 1, cuts: kept = everywhere } = of;
    const { minute: at, key, workspace, process, operation } = row;
    const isEvent = measure === 'refused' || measure.startsWith('events');
    for (const cut of kept) {
      const who = { workspace, workspaceTags: workspace, process, processTags: process };
      const whose = (who as Record<string, string>)[cut] ?? '';
      const by =
        ['workspace', 'workspaceTags'].includes(cut) || (isEvent && cut === 'all') ? process : '';
      const id = tupleKey(cut, key, whose, at, measure, operation, label, by);
      this.counts.set(id, (this.counts.get(id) ?? 0) + n);
    }
  }
}

/** Roll-ups counted from the raw rows one by one, to hold against those written at ingest. */
export async function recount({ query }: Query): Promise<Map<string, number>> {
  const cells = new Cells();
  const operations = await query<Row & { scope: string; outcome: string; n: number }>(
    `SELECT ${minute}, key, workspace, process, path AS operation, scope, outcome, n::float8 AS n
     FROM operation_count WHERE path <> 'complete'`,
  );
  for (const row of operations) {
    const { n } = row;
    if (row.operation === 'message') cells.add('messages', row, row.outcome, { n });
    else if (row.operation === 'dropped') cells.add('dropped', row, row.outcome, { n });
    else cells.add('operations', row, `${row.scope}:${row.outcome}`, { n });
  }
  await recountCalls(query, cells);
  const attempts = await query<Row & AttemptFate>(
    `SELECT ${minute}, key, workspace, process, operation, sent, outcome, status, error_code AS error,
       event_id AS "eventId", join_method AS method FROM kms_attempt`,
  );
  for (const row of attempts) cells.add('attempts', row, fateOf(row));
  const events = await query<Row & { state: string; others: string[]; failed: boolean }>(
    `SELECT other_keys AS others, ${minute}, coalesce(key, '') AS key, coalesce(workspace, '') AS workspace,
       principal AS process, operation, state, error_code IS NOT NULL AS failed FROM audit_event
       WHERE action NOT IN ('identity', 'trail')`,
  );
  const ofEvents = { cuts: ['all', 'workspace'] };
  for (const row of events) {
    cells.add('events', row, row.state, ofEvents);
    cells.addAsked(row);
    for (const key of row.others) cells.add('events-also', { ...row, key }, row.state, ofEvents);
    if (!row.failed || ['copy', 'other'].includes(row.state)) continue;
    for (const key of [row.key, ...row.others])
      cells.add('refused', { ...row, key, operation: '' }, '', { cuts: ['all'] });
  }
  await recountUses(query, cells);
  return new Map([...cells.counts].filter(([, n]) => n !== 0));
}

async function recountCalls(query: TestStore['query'], cells: Cells): Promise<void> {
  const calls = await query<Row & CallFacts>(
    `SELECT ${minute}, key, workspace, process, operation, refined_cause AS cause, attempts, tag, boot,
       seq::float8 AS seq FROM kms_call ORDER BY process, boot, seq`,
  );
  let before: (Row & CallFacts) | undefined;
  const tagged = { cuts: ['tags', 'workspaceTags', 'processTags'] };
  for (const row of calls) {
    cells.add('calls', row, row.cause);
    cells.addAsked(row);
    if (row.attempts > 1) cells.add('retries', row, '', { n: row.attempts - 1 });
    if (row.tag !== null && ['load.reopened', 'load.first.historical'].includes(row.cause))
      cells.add('reopened', { ...row, operation: '' }, row.tag, tagged);
    const sameBoot = before?.process === row.process && before.boot === row.boot;
    const n = row.seq - 1 - (sameBoot ? (before?.seq ?? 0) : 0);
    const nowhere = { ...row, key: '', workspace: '', operation: '' };
    if (n > 0) cells.add('missing', nowhere, '', { n, cuts: ['all', 'process'] });
    before = row;
  }
}

async function recountUses(query: TestStore['query'], cells: Cells): Promise<void> {
  const rows = await query<Row & { uses: number; pairs: number }>(
    `SELECT (floor(extract(epoch FROM at) / 3600) * 3600000)::float8 AS minute, '' AS key, workspace, process,
       '' AS operation, sum(uses)::float8 AS uses, count(DISTINCT dek)::float8 AS pairs FROM dek_activity GROUP BY 1, 3, 4`,
  );
  for (const row of rows) {
    cells.add('uses', row, '', { n: row.uses, cuts: ['workspace', 'process'] });
    cells.add('pairs', row, '', { n: row.pairs, cuts: ['workspace', 'process'] });
  }
}

interface CallFacts {
  cause: string;
  attempts: number;
  tag: string | null;
  boot: string;
  seq: number;
}

interface AttemptFate {
  sent: boolean;
  outcome: string;
  status: number | null;
  error: string | null;
  eventId: string | null;
  method: string | null;
}

function fateOf({ sent, outcome, status, error, eventId, method }: AttemptFate): string {
  if (eventId !== null) return `matched:${method}`;
  if (!sent) return `never-sent:${error ?? outcome}`;
  if (outcome !== 'outage') return `unmatched:${outcome}`;
  if (status === null) return 'unmatched:no-answer';
  return status >= 500 ? 'unmatched:server-error' : 'unmatched:throttled';
}

interface StoredCell {
  key: number;
  cut: number;
  who: number;
  at: number;
  label: number;
  by: number;
  n: number;
}

/** The roll-ups as they were written, packed or not. */
export async function written({ query }: Query): Promise<Map<string, number>> {
  const names = new Map(
    (await query<{ id: number; name: string }>('SELECT id, name FROM dimension')).map(
      ({ id, name }) => [id, name],
    ),
  );
  const nameOf = (id: number) => names.get(id) ?? '';
  const cutNames = new Map<number, string>(Object.entries(cuts).map(([name, cut]) => [cut, name]));
  const counts = new Map<string, number>();
  for (const { key, cut, who, at, label, by, n } of await storedCells(query)) {
    const cutName = cutNames.get(cut) ?? '';
    const own = cutName === 'workspaces' ? 'asked' : /tags/i.test(cutName) ? 'reopened' : null;
    const [measure = '', operation = '', text = ''] =
      own === null ? (JSON.parse(nameOf(label)) as string[]) : [own, '', nameOf(label)];
    const place = [cutName, nameOf(key), nameOf(who), at * 60_000] as const;
    const id = tupleKey(...place, measure, operation, text, nameOf(by));
    counts.set(id, (counts.get(id) ?? 0) + n);
  }
  return new Map([...counts].filter(([, n]) => n !== 0));
}

async function storedCells(query: TestStore['query']): Promise<StoredCell[]> {
  const open = await query<StoredCell>(
    'SELECT key, cut, who, at, label, by, n::float8 AS n FROM tally_open',
  );
  const packed = await query<Omit<StoredCell, 'at' | 'label' | 'by' | 'n'> & PackedDay>(
    'SELECT key, cut, who, day, minutes FROM tally_day',
  );
  const unpacked = packed.flatMap(({ key, cut, who, day, minutes }) =>
    unpackDay(minutes).flatMap(({ label, by, counts }) =>
      [...counts].map(([at, n]) => ({ key, cut, who, at: 1_440 * day + at, label, by, n })),
    ),
  );
  return [...open, ...unpacked];
}

interface PackedDay {
  day: number;
  minutes: Uint8Array;
}
