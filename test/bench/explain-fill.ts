/**
 * A fleet's month in PostgreSQL for `npm run bench`: days and nights, deploys with their echoes, strangers, every other
 * customer with an account of its own. The same rows at every run: chance is a hash of the row's number.
 */
import pg from 'pg';
import { beginRecords, endRecords } from './fill-records.ts';

export interface FillSize {
  /** Epoch ms, the start of a UTC day. */
  from: number;
  days: number;
  /** KMS calls, to within a few percent. */
  calls: number;
  fleet: Fleet;
}

/** Each workspace has one key; workspaces with low numbers have most calls. */
export interface Fleet {
  keys: number;
  workspaces: number;
  processes: number;
}

const account = '111122223333';
const keyArn = `arn:aws:kms:us-east-1:${account}:key/bench-`;
/** The key of a workspace, or of any other number, as SQL. */
const keyOf = (no: string, { keys }: Fleet): string => `('${keyArn}' || (1 + ${no} % ${keys}))`;
/** Every other key is in the callers' own account. */
const recipientOf = (key: string): string =>
  `CASE WHEN split_part(${key}, 'bench-', 2)::int % 2 = 0 THEN '${account}' ELSE '444455556666' END`;
const ttlMs = 3_600_000;
/** A deploy every three days, at an odd time; its calls, and what each echo keeps of the one before. */
const deployEveryDays = 3;
const echoes = 6;
const echoKeeps = 0.8;
const echoAfterMinutes = 61;
const burstMinutes = 4;

/** Set by set, so that the server does the work; `say` is told of each. */
export async function fillStore(
  url: string,
  size: FillSize,
  say: (what: string) => void,
): Promise<void> {
  const client = await connect(url);
  try {
    const partitions = await unlog(client);
    const indexes = await dropIndexes(client);
    await beginRecords(client);
    for (const [what, sql] of statements(size)) {
      say(what);
      for (const one of sql) await client.query(one);
    }
    say('ids');
    await client.query('DROP TABLE bench_minute');
    await endRecords(client);
    say('indexes');
    await inPairs(url, indexes);
    for (const name of partitions) await client.query(`ANALYZE "${name}"`);
  } finally {
    await client.end();
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("SET maintenance_work_mem = '512MB'");
  await client.query("SET synchronous_commit = off; SET work_mem = '256MB'; SET TIME ZONE 'UTC'");
  return client;
}

/** Unlogged: the data need not survive a crash. */
async function unlog(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT inhrelid::regclass::text AS name FROM pg_inherits',
  );
  // Partitions of indexes are there too.
  const leaves = rows.map(({ name }) => name).filter((name) => /_\d{4}_\d{2}$/.test(name));
  for (const name of [...leaves, 'tally_day'])
    await client.query(`ALTER TABLE ${name} SET UNLOGGED`);
  return leaves;
}

/** Resolves to a function that makes them again: built over all rows at once they take less time. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; made: string }>(
    `SELECT c.relname AS name, pg_get_indexdef(c.oid) AS made FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
     WHERE c.relkind = 'I' AND NOT i.indisprimary`,
  );
  for (const { name } of rows) await client.query(`DROP INDEX "${name}"`);
  return rows.map(({ made }) => made.replace(' ON ONLY ', ' ON '));
}

/** Two at a time. */
async function inPairs(url: string, indexes: readonly string[]): Promise<void> {
  const left = [...indexes];
  const worker = async () => {
    const client = await connect(url);
    try {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await client.query(next);
    } finally {
      await client.end();
    }
  };
  await Promise.all([worker(), worker()]);
}

/** Of `seed` and the row's number, evenly in [0, 1). */
const chance = (id: string, seed: number): string =>
  `((hashint8extended(${id}, ${seed}) & 1048575) / 1048576.0::float8)`;
const pick = (id: string, seed: number, of: number): string =>
  `floor(${chance(id, seed)} * ${of})::int`;
const iso = (at: number): string => `'${new Date(at).toISOString()}'::timestamptz`;

function statements(size: FillSize): [string, string[]][] {
  return [
    ['traffic by the minute', [minutes, plan(size)]],
    ['calls', [calls(size)]],
    ['attempts', [attempts]],
    ['audit events', [events, strangers(size)]],
    ['operations', [misses, operations(size)]],
    ['DEK activity', [activity(size)]],
    ['processes, callers, the source', [boots(size), ...principals(size), source(size)]],
  ];
}

const minutes = `CREATE UNLOGGED TABLE bench_minute (no int PRIMARY KEY, minute timestamptz, usual int, burst int,
  generation int, root_at timestamptz, first_id bigint)`;

/** Calls of each minute: days and nights, chance, and where a deploy or its echo falls how many of those. */
function plan({ from, days, calls: wanted }: FillSize): string {
  const all = days * 1_440;
  const deploys = Math.ceil(days / deployEveryDays);
  const usual = wanted / all;
  const burst = usual * 8;
  return `INSERT INTO bench_minute
    WITH deploy AS (SELECT no, (no * ${deployEveryDays} * 1440 + 540 + ${pick('no', 1, 480)})::int AS at
      FROM generate_series(0, ${deploys - 1}) AS no),
    bursts AS (SELECT d.at + g * ${echoAfterMinutes} + m AS no, g AS generation, d.at AS root,
        (${burst} * power(${echoKeeps}, g) / (1 + abs(m - 1)))::int AS burst
      FROM deploy d, generate_series(0, ${echoes}) AS g, generate_series(0, ${burstMinutes - 1}) AS m),
    planned AS (SELECT no, greatest(0, ${usual} * (1 - 0.6 * cos(2 * pi() * (no % 1440) / 1440.0))
          * (0.9 + 0.2 * ${chance('no', 2)}))::int AS usual,
        coalesce(b.burst, 0) AS burst, b.generation, b.root
      FROM generate_series(0, ${all - 1}) AS no LEFT JOIN bursts b USING (no))
    SELECT no, ${iso(from)} + no * interval '1 minute', usual, burst, generation, ${iso(from)} + root * interval '1 minute',
      sum(usual + burst) OVER (ORDER BY no) - usual - burst
    FROM planned`;
}

/** [upper bound of chance, refined cause]: shares of ordinary traffic. */
const shares: readonly [number, string][] = [
  [0.68, 'load.expired'],
  [0.78, 'load.first.fan-out'],
  [0.84, 'load.reopened'],
  [0.88, 'load.first.historical'],
  [0.91, 'dek.rotation'],
  [0.93, 'dek.adopted'],
  [0.95, 'load.evicted'],
  [0.97, 'load.first.cold-start'],
  [0.98, 'load.first'],
  [0.99, 'refresh.ahead'],
  [1, 'validate'],
];

function calls({ from, days, fleet }: FillSize): string {
  const cause = shares.map(([below, name]) => `WHEN chance < ${below} THEN '${name}'`).join(' ');
  return `INSERT INTO kms_call (at, process, boot, seq, workspace, key, operation, path, cause, dek, dek_age_ms,
      edek_fingerprint, generation, parent_seq, root_seq, idle_ms, coalesced, tag, lease_ends_at, ended_at, outcome,
      attempts, trace_id, span_id, refined_cause, root_at, root_cause)
    SELECT at, process, 'boot-1', seq, 'workspace-' || workspace, ${keyOf('workspace', fleet)},
      operation, CASE operation WHEN 'Encrypt' THEN 'encrypt' ELSE 'decrypt' END, split_part(refined, '.', 1)
        || CASE WHEN refined = 'validate' THEN '' ELSE '.' || split_part(refined, '.', 2) END,
      md5(workspace || ' ' || day)::uuid::text, extract(epoch FROM at - ${iso(from)})::bigint % 86400000, left(md5(workspace || day::text), 16),
      generation, CASE WHEN generation > 0 THEN greatest(1, seq - 300) END, greatest(1, seq - 300 * generation),
      CASE WHEN generation > 0 THEN 3600000 END, 0, CASE WHEN refined IN ('load.reopened', 'load.first.historical')
        THEN 'conversation-' || id % 20000 END, at + interval '1 hour', at + interval '30 ms', 'ok', 1,
      md5('t' || id), left(md5('s' || id), 16), refined, coalesce(root_at, at - generation * interval '61 minutes'),
      CASE WHEN generation = 0 THEN refined WHEN root_at IS NULL THEN 'load.first.fan-out' ELSE 'load.first.cold-start' END
    FROM (SELECT id, at, 'chat-' || id % ${fleet.processes} AS process, id / ${fleet.processes} + 1 AS seq,
        least(${fleet.workspaces - 1}, floor(${fleet.workspaces} * skewed * skewed)::int) AS workspace, root_at, refined,
        CASE WHEN refined IN ('dek.rotation') THEN 'Encrypt' ELSE 'Decrypt' END AS operation,
        CASE WHEN refined IN ('load.reopened', 'load.first.historical')
          THEN greatest(0, (no / 1440 - 1 - ${pick('id', 5, days)})) ELSE no / 1440 END AS day,
        CASE WHEN root_at IS NOT NULL THEN burst_generation
          WHEN refined IN ('load.expired', 'load.evicted', 'refresh.ahead') THEN 1 + ${pick('id', 6, 20)} ELSE 0 END AS generation
      FROM (SELECT no, id, at, root_at, burst_generation, ${chance('id', 3)} AS skewed,
          CASE WHEN root_at IS NULL THEN CASE ${cause} END WHEN burst_generation = 0 THEN 'load.first.cold-start'
            ELSE 'load.expired' END AS refined
        FROM (SELECT m.no, m.first_id + i AS id, m.minute + i * interval '1 minute' / (m.usual + m.burst) AS at,
            CASE WHEN i % (m.usual + m.burst) < m.burst THEN m.root_at END AS root_at, m.generation AS burst_generation,
            ${chance('m.first_id + i', 4)} AS chance
          FROM bench_minute m, generate_series(0, m.usual + m.burst - 1) AS i) chosen) caused) placed`;
}

/** One in a thousand is throttled, and is not in the log. */
const attempts = `INSERT INTO kms_attempt (at, process, boot, seq, attempt, workspace, key, operation, cause, sent, sent_at,
    duration_ms, request_id, status, outcome, span_id, event_id, event_at, join_method)
  SELECT at, process, boot, seq, 1, workspace, key, operation, cause, TRUE, at + interval '5 ms', 25,
    request::text, CASE WHEN logged THEN 200 ELSE 400 END, CASE WHEN logged THEN 'ok' ELSE 'outage' END, span_id,
    CASE WHEN logged THEN md5('e' || request)::uuid::text END, CASE WHEN logged THEN at + interval '20 ms' END,
    CASE WHEN logged THEN 'request-id' END
  FROM (SELECT *, md5(trace_id)::uuid AS request, seq % 1000 <> 7 AS logged FROM kms_call) c`;

const events = `INSERT INTO audit_event (at, event_id, provider, source, key, operation, principal, principal_name, session,
    account, recipient_account, request_id, claim_process, claim_boot, claim_seq, claim_attempt, claim_cause, source_ip,
    workspace, dek, seen_at, raw, state, attempt_process, attempt_boot, attempt_seq, attempt_no, attempt_at, join_method)
  SELECT a.event_at, a.event_id, 'aws', 'bench', a.key, a.operation, 'arn:aws:iam::${account}:role/chat', 'chat', a.process,
    '${account}', ${recipientOf('a.key')}, a.request_id, a.process, a.boot, a.seq, 1, a.cause, '10.0.0.1', a.workspace, c.dek,
    a.event_at + interval '5 minutes', '{}', 'matched', a.process, a.boot, a.seq, 1, a.at, 'request-id'
  FROM kms_attempt a JOIN kms_call c USING (process, boot, seq, at) WHERE a.event_id IS NOT NULL`;

const strangers = ({ from, days, calls: wanted, fleet }: FillSize): string =>
  `INSERT INTO audit_event (at, event_id, provider, source, key, operation, principal, principal_name, account,
     recipient_account, source_ip, seen_at, raw, state)
   SELECT at, md5('x' || id)::uuid::text, 'aws', 'bench', ${keyOf('id', fleet)}, 'Decrypt',
     'arn:aws:iam::${account}:user/backup-' || id % 5, 'backup-' || id % 5, '${account}', '444455556666',
     '192.0.2.' || id % 20, at + interval '5 minutes', '{}', 'unclaimed'
   FROM (SELECT id, date_trunc('milliseconds', ${iso(from)} + ${chance('id', 7)} * interval '${days} days') AS at
     FROM generate_series(1::bigint, ${Math.ceil(wanted / 1_000)}) AS id) s`;

const misses = `INSERT INTO operation_count (at, process, boot, seq, workspace, key, scope, path, outcome, n)
  SELECT date_trunc('minute', at), process, boot, extract(epoch FROM date_trunc('minute', at)), min(workspace), min(key), 'message',
    'decrypt', 'miss', count(*)
  FROM kms_call WHERE cause NOT IN ('dek.adopted', 'refresh.ahead', 'validate') GROUP BY 1, 2, 3, 4`;

/** Workspaces with high numbers are seldom in use: of 500, the last ones one hour in twenty of each process. */
const inUse = '(hour * 31 + process * 17 + workspace * 7) % (1 + workspace / 25) = 0';

/** Messages and hits of each process and workspace, in the hours in which it is in use. */
const operations = ({ from, days, fleet }: FillSize): string =>
  `INSERT INTO operation_count (at, process, boot, seq, workspace, key, scope, path, outcome, n)
   SELECT ${iso(from)} + hour * interval '1 hour' + interval '17 minutes', 'chat-' || process, 'boot-1', hour, 'workspace-' || workspace,
     ${keyOf('workspace', fleet)}, 'message', kind[1], kind[2], 900 + hour % 24
   FROM generate_series(0, ${days * 24 - 1}) AS hour, generate_series(0, ${fleet.processes - 1}) AS process,
     generate_series(0, ${fleet.workspaces - 1}) AS workspace,
     (VALUES (ARRAY['message', 'message']), (ARRAY['decrypt', 'hit'])) AS kinds(kind)
   WHERE ${inUse}`;

/** Where it is in use, each process uses a workspace's DEK of the day, and one older DEK of every other workspace. */
const activity = ({ from, days, fleet }: FillSize): string =>
  `INSERT INTO dek_activity (at, process, boot, seq, workspace, dek, uses, bytes)
   SELECT ${iso(from)} + hour * interval '1 hour' + interval '17 minutes', 'chat-' || process, 'boot-1', hour, 'workspace-' || workspace,
     md5(workspace || ' ' || greatest(0, hour / 24 - age * (1 + workspace % 9)))::uuid::text, 1 + (hour * 7 + process * 3 + workspace) % 40, 4096
   FROM generate_series(0, ${days * 24 - 1}) AS hour, generate_series(0, ${fleet.processes - 1}) AS process,
     generate_series(0, ${fleet.workspaces - 1}) AS workspace, generate_series(0, 1) AS age
   WHERE ${inUse} AND (age = 0 OR hour >= 24 * (1 + workspace % 9) AND workspace % 2 = 0)`;

const boots = ({ from, fleet }: FillSize): string =>
  `INSERT INTO process_boot (process, boot, started_at, ttl_ms, dek_rotation_ms)
   SELECT 'chat-' || no, 'boot-1', ${iso(from)}, ${ttlMs}, 86400000 FROM generate_series(0, ${fleet.processes - 1}) AS no`;

const principals = ({ from }: FillSize): string[] => [
  `INSERT INTO principal (provider, id, name, ours, claims, first_seen_at)
   VALUES ('aws', 'arn:aws:iam::${account}:role/chat', 'chat', TRUE, TRUE, ${iso(from)})`,
  `INSERT INTO principal (provider, id, name, ours, claims, first_seen_at)
   SELECT 'aws', 'arn:aws:iam::${account}:user/backup-' || no, 'backup-' || no, FALSE, FALSE, ${iso(from)}
   FROM generate_series(0, 4) AS no`,
];

const source = ({ from, days }: FillSize): string => {
  const end = iso(from + days * 86_400_000);
  return `INSERT INTO audit_source (id, kind, cursor_at, polled_at, covered_until, status, updated_at)
    VALUES ('bench', 'cloudtrail', ${end}, ${end}, ${end}, 'ok', ${end})`;
};
