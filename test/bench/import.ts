/**
 * `npm run bench -- import`, `import.cloudtrail.1M`: CPU-seconds of `keytide import` over CloudTrail files, node and
 * all of the server, beside DuckDB's `read_json` of the same files into a table with the same columns, each event once.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import type { BenchOptions } from './bench-row.ts';
import { openDuck } from './duckdb.ts';
import { privateServer, recordsWanted, sizeName } from './filled-store.ts';
import { childSeconds, serverSeconds } from './process-seconds.ts';

const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));
const recordsPerFile = 116;
const sampleMs = 100;
const kibibytes = 1024;

export async function benchImport(options: BenchOptions): Promise<void> {
  const records = recordsWanted();
  const dir = mkdtempSync(join(tmpdir(), 'keytide-bench-'));
  try {
    writeFiles(join(dir, 'log'), records);
    const peer = await duckSeconds(join(dir, 'log'), records);
    const name = `import.cloudtrail.${sizeName(records)}`;
    print({ name, ...(await onServer(join(dir, 'log'))), peer }, options);
    const embedded = await imported(join(dir, 'log'), { data: join(dir, 'data') });
    print({ name: `${name}.embedded`, ...embedded, peer }, options);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function print(
  { name, ours, peer, said }: { name: string; ours: number; peer: number; said: string },
  { json }: BenchOptions,
): void {
  const [mine, theirs, ratio] = [ours, peer, ours / peer].map((n) => Number(n.toPrecision(4)));
  const line = json
    ? JSON.stringify({ name, ours: mine, peer: theirs, ratio, unit: 'CPU-s', said })
    : `${name.padEnd(32)} ${String(mine).padStart(8)} CPU-s   DuckDB ${theirs}   ratio ${ratio}   ${said}`;
  process.stdout.write(`${line}\n`);
}

async function onServer(log: string): Promise<{ ours: number; said: string }> {
  const database = await privateServer();
  try {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const backend = rows[0]?.pid ?? 0;
    const before = serverSeconds(backend);
    const { ours, said } = await imported(log, { url: database.url });
    const spent = serverSeconds(backend) - before;
    await client.end();
    return {
      ours: ours + spent,
      said: `node ${ours.toFixed(1)}, server ${spent.toFixed(1)}, ${said}`,
    };
  } finally {
    await database.close();
  }
}

/** One import by the command, and the most memory that it held. */
async function imported(
  log: string,
  to: { url: string } | { data: string },
): Promise<{ ours: number; said: string }> {
  const before = childSeconds();
  const began = performance.now();
  const args = [main, 'import', log, '--json', ...('data' in to ? ['--data', to.data] : [])];
  const env = { ...process.env, ...('url' in to && { DATABASE_URL: to.url }) };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  const levels: number[] = [];
  const timer = setInterval(() => levels.push(residentMiB(child.pid)), sampleMs);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`import ended with ${code}`);
  const wall = (performance.now() - began) / 1_000;
  const sorted = levels.sort((a, b) => a - b);
  const level = sorted[sorted.length >> 1] ?? 0;
  const most = sorted.at(-1) ?? 0;
  const said = `wall ${wall.toFixed(0)} s, memory level ${level} MiB, at most ${most} MiB`;
  return { ours: childSeconds() - before, said };
}

function residentMiB(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / kibibytes);
  } catch {
    return 0;
  }
}

function writeFiles(dir: string, records: number): void {
  mkdirSync(dir, { recursive: true });
  for (let from = 0; from < records; from += recordsPerFile) {
    const length = Math.min(recordsPerFile, records - from);
    const some = Array.from({ length }, (_, no) => record(from + no));
    const name = `${String(from).padStart(9, '0')}.json.gz`;
    writeFileSync(join(dir, name), gzipSync(JSON.stringify({ Records: some })));
  }
}

/** As CloudTrail writes it: a role of 8 sessions, 20 keys, 500 tenants. */
function record(no: number): object {
  const session = `engine-${no % 8}`;
  const key = `arn:aws:kms:eu-central-1:200000000001:key/${hex(no % 20, 8)}-0000-4000-8000-000000000000`;
  const id = (kind: string) =>
    `${hex(no, 8)}-${kind}-4000-8000-${hex((no * 2_654_435_761) % 2 ** 48, 12)}`;
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROAOURS000000000000:${session}`,
      arn: `arn:aws:sts::100000000001:assumed-role/messages-prod/${session}`,
      accountId: '100000000001',
      accessKeyId: 'ASIAEXAMPLE000000000',
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: 'AROAOURS000000000000',
          arn: 'arn:aws:iam::100000000001:role/messages-prod',
          accountId: '100000000001',
          userName: 'messages-prod',
        },
        attributes: { creationDate: '2026-11-01T00:00:00Z', mfaAuthenticated: 'false' },
      },
    },
    eventTime: new Date(Date.UTC(2026, 10, 1) + no * 2_000).toISOString().replace('.000', ''),
    eventSource: 'kms.amazonaws.com',
    eventName: no % 50 === 0 ? 'Encrypt' : 'Decrypt',
    awsRegion: 'eu-central-1',
    sourceIPAddress: `10.0.0.${no % 8}`,
    userAgent: 'aws-sdk-js/3.1137.0 ua/2.1 os/linux lang/js md/nodejs#24.21.0 api/kms',
    requestParameters: {
      keyId: key,
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      encryptionContext: { tenant: `t${no % 500}`, doc: `d${no % 20_000}` },
    },
    responseElements: null,
    requestID: id('aaaa'),
    eventID: id('bbbb'),
    readOnly: true,
    resources: [{ accountId: '200000000001', type: 'AWS::KMS::Key', ARN: key }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '200000000001',
    sharedEventID: id('cccc'),
    eventCategory: 'Management',
  };
}

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');

async function duckSeconds(log: string, records: number): Promise<number> {
  const duck = await openDuck();
  const before = process.cpuUsage();
  await duck.run(`CREATE TABLE event AS SELECT DISTINCT ON (id) * FROM (
    SELECT r ->> '$.eventID' AS id, CAST(r ->> '$.eventTime' AS TIMESTAMPTZ) AS at, r ->> '$.resources[0].ARN' AS key,
      r ->> '$.eventName' AS operation, split_part(r ->> '$.userIdentity.principalId', ':', 1) AS principal,
      r ->> '$.userIdentity.sessionContext.sessionIssuer.arn' AS principal_name,
      split_part(r ->> '$.userIdentity.principalId', ':', 2) AS session, r ->> '$.userIdentity.accountId' AS account,
      r ->> '$.recipientAccountId' AS recipient_account, r ->> '$.requestID' AS request_id,
      r ->> '$.sharedEventID' AS shared_event_id, r ->> '$.errorCode' AS error_code,
      r ->> '$.sourceIPAddress' AS source_ip, r ->> '$.userAgent' AS user_agent,
      CAST(r -> '$.requestParameters.encryptionContext' AS VARCHAR) AS context,
      r ->> '$.userIdentity.invokedBy' AS invoked_by, CAST(r AS VARCHAR) AS raw
    FROM (SELECT unnest(Records) AS r FROM read_json('${log}/*.json.gz', columns = {Records: 'JSON[]'})))`);
  const { user, system } = process.cpuUsage(before);
  const found = await duck.number('SELECT count(*) FROM event');
  duck.close();
  if (found !== records) throw new Error(`DuckDB found ${found} events of ${records}`);
  return (user + system) / 1e6;
}
