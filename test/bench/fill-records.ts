/**
 * Records by the million, written by SQL with their names: tables of the views' shape in a schema of their own, which
 * come first in the search path, and what then moves their rows to the store's tables, by ids.
 */
import type pg from 'pg';
import { type Dimension, dimensions } from '../../lib/store/connection/intern.ts';

const views = ['kms_call', 'kms_attempt', 'operation_count', 'dek_activity', 'audit_event'];
/** Of an event what the views show at its attempt, and its record. */
const ofPairs = `attempt_process text, attempt_boot text, attempt_seq bigint, attempt_no int, attempt_at timestamptz,
  join_method text, raw text`;

/** From here on the client's statements may write `kms_call` and the like. */
export async function beginRecords(client: pg.Client): Promise<void> {
  await client.query('CREATE SCHEMA bench');
  for (const view of views)
    await client.query(
      `CREATE UNLOGGED TABLE bench.${view} AS SELECT * FROM public.${view} LIMIT 0`,
    );
  for (const column of ofPairs.split(/,\s+/))
    await client.query(`ALTER TABLE bench.audit_event ADD COLUMN ${column}`);
  await client.query('SET search_path = bench, public');
}

/** A column of a table: its own expression over the row `r`, or the id of a name. */
type Moved = string | readonly [column: string, dimension: Dimension, name?: string];

const identity: Moved[] = ['at', ['process', 'process'], ['boot', 'boot'], 'seq'];
const word = (column: string): Moved => [column, 'word'];

const moves: readonly { from: string; into: string; columns: readonly Moved[] }[] = [
  {
    from: 'kms_call',
    into: 'call',
    columns: [
      ['key', 'key'],
      ...identity,
      ['workspace', 'workspace'],
      ...['operation', 'path', 'cause', 'refined_cause', 'outcome', 'root_cause'].map(word),
      ...['attempts', 'generation', 'coalesced', 'ended_at', 'lease_ends_at', 'parent_seq'],
      ...['root_seq', 'root_at', 'dek_age_ms', 'idle_ms', 'dek', 'edek_fingerprint', 'tag'],
      ...['trace_id', 'span_id', 'coalesce(r.forgotten, FALSE) AS forgotten'],
    ],
  },
  {
    from: 'kms_attempt',
    into: 'attempt',
    columns: [
      ['key', 'key'],
      ...identity,
      ['workspace', 'workspace'],
      ...['operation', 'cause', 'outcome'].map(word),
      ...['attempt', 'status', 'sent', 'sent_at', 'duration_ms', 'request_id', 'error_code'],
      'span_id',
    ],
  },
  {
    from: 'operation_count',
    into: 'lookup_count',
    columns: [
      ['key', 'key'],
      ...identity,
      ['workspace', 'workspace'],
      ...['scope', 'path', 'outcome'].map(word),
      'n',
    ],
  },
  {
    from: 'dek_activity',
    into: 'dek_use',
    columns: [['workspace', 'workspace'], ...identity, 'dek', 'uses', 'bytes'],
  },
  {
    from: 'audit_event',
    into: 'event',
    columns: [
      ['key', 'key'],
      ...['at', 'event_id AS id', '0 AS role', `${stateOf('r.state')} AS state`, '0 AS raw_no'],
      ...['0 AS raw_block', 'seen_at', 'request_id', 'session', 'source_ip', 'dek', 'error_code'],
      ...['provider', 'operation', 'action', 'account', 'recipient_account', 'claim_cause'].map(
        word,
      ),
      ['source', 'source'],
      ['principal', 'principal'],
      ['principal_name', 'caller'],
      ['workspace', 'workspace'],
      ['claim_process', 'process'],
      ['claim_boot', 'boot'],
      ...['claim_seq', 'claim_attempt', 'claim_span', 'user_agent'],
    ],
  },
];

function stateOf(state: string): string {
  return `array_position(ARRAY['matched', 'copy', 'other', 'claim-new', 'claim-used', 'unclaimed'], ${state})`;
}

/** Moves what was written to the store's own tables, which have their partitions. */
export async function endRecords(client: pg.Client): Promise<void> {
  await client.query('UPDATE audit_event SET action = lower(operation) WHERE action IS NULL');
  for (const { from, into, columns } of moves) {
    await makeNames(client, from, columns);
    await client.query(moveSql(from, into, columns));
  }
  await client.query(`INSERT INTO public.pair (key, at, process, boot, seq, attempt, method, attempt_key, event_key, event_at, event_id)
    SELECT e.key, r.attempt_at, p.id, b.id, r.attempt_seq, r.attempt_no, 1, e.key, e.key, e.at, e.id
    FROM bench.audit_event r JOIN public.event e ON e.at = r.at AND e.id = r.event_id
    JOIN public.dimension p ON p.kind = ${dimensions.process} AND p.name = r.attempt_process
    JOIN public.dimension b ON b.kind = ${dimensions.boot} AND b.name = r.attempt_boot`);
  await client.query('SET search_path = public');
  await client.query('DROP SCHEMA bench CASCADE');
}

async function makeNames(
  client: pg.Client,
  from: string,
  columns: readonly Moved[],
): Promise<void> {
  for (const moved of columns)
    if (typeof moved !== 'string')
      await client.query(
        `INSERT INTO public.dimension (kind, name) SELECT DISTINCT ${dimensions[moved[1]]}, ${moved[0]} FROM bench.${from}
         WHERE ${moved[0]} <> '' ON CONFLICT DO NOTHING`,
      );
}

/** Columns that may be null are those whose names may be. */
function moveSql(from: string, into: string, columns: readonly Moved[]): string {
  const named = columns.filter((moved) => typeof moved !== 'string');
  const names = columns.map((moved) =>
    typeof moved === 'string' ? moved.replace(/^.* AS /, '') : moved[0],
  );
  const values = columns.map((moved) =>
    typeof moved === 'string'
      ? moved.replace(/ AS \w+$/, '')
      : `CASE WHEN r.${moved[0]} IS NOT NULL THEN coalesce(n_${moved[0]}.id, 0) ELSE ${nullOf(into, moved[0])} END`,
  );
  const joins = named.map(
    ([column, dimension]) =>
      `LEFT JOIN public.dimension n_${column} ON n_${column}.kind = ${dimensions[dimension]} AND n_${column}.name = r.${column}`,
  );
  return `INSERT INTO public.${into} (${names.join(', ')}) SELECT ${values.map(qualified).join(', ')}
    FROM bench.${from} r ${joins.join(' ')}`;
}

const nullOf = (into: string, column: string): string =>
  into === 'event' && column === 'key' ? '0' : 'NULL';

const qualified = (value: string): string => (/^[a-z_]+$/.test(value) ? `r.${value}` : value);
