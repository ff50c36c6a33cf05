/** Valid OTLP bodies and audit records with one thing wrong in each, through the running server and its store. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { parseMetrics, parseTraces } from '../../lib/ingest/parse-otlp.ts';
import { type OpenStore, openStore } from '../../lib/services/open-store.ts';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { findRecords } from '../../lib/sources/cloudtrail/find-records.ts';
import { readAuditSources } from '../../lib/store/entities/audit-sources.ts';
import { cloudTrailRecord } from '../support/hostile-story.ts';
import { startLookupServer } from '../support/lookup-server.ts';
import { groupOf, requestOf, type Signal } from '../support/mutable-otlp.ts';
import { mutated } from '../support/mutate.ts';
import { sized } from '../support/sized.ts';
import { removeDir, runKeytide, startUp, type Up } from '../support/up.ts';

const from = Date.UTC(2026, 10, 23, 6);
const each = sized({ ci: 60, long: 1_000 });
const perFile = 50;

const random = seededRandom(9);
const recordOf = (eventId: string, of: { index?: number } = {}) =>
  cloudTrailRecord(eventId, 'legal', { at: from, requestID: `r-${eventId}`, ...of });
const mutants = (name: string) =>
  Array.from({ length: each }, (_, number) => ({
    mutant: mutated(recordOf(`${name}-m-${number}`, { index: 3 }), random),
    neighbour: recordOf(`${name}-n-${number}`),
  }));

/** How many of these records are of no use, each with its reason. */
const refusedOf = (records: readonly unknown[]): number =>
  records
    .flatMap((record) => [...findRecords(record)])
    .filter(
      ({ parsed }) =>
        parsed.kind === 'rejected' ||
        (parsed.kind === 'record' && parsed.record.at > Date.now() + 366 * 86_400_000),
    ).length;

/** As LookupEvents gives it. */
const lookedUp = (record: unknown, number: number): object => ({
  EventId: `l-${number}`,
  EventTime: from / 1000,
  CloudTrailEvent: JSON.stringify(record),
});

const polled = mutants('polled').flatMap(({ mutant, neighbour }) => [mutant, neighbour]);
let log: Awaited<ReturnType<typeof startLookupServer>>;
let up: Up;
let store: OpenStore;
beforeAll(async () => {
  log = await startLookupServer(polled.map(lookedUp));
  up = await startUp({
    args: ['--no-sandbox'],
    env: {
      KEYTIDE_CLOUDTRAIL_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: log.url,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
    },
  });
  store = await openStore({ url: undefined, dir: up.dir });
});
afterAll(async () => {
  await store?.close();
  expect(await up?.stop()).toBe(0);
  await log?.close();
  if (up) await removeDir(up.dir);
});

const countOf = async (sql: string): Promise<number> => {
  const [row] = await store.ctx.db.$queryRawUnsafe<{ n: number }[]>(`SELECT (${sql})::float8 AS n`);
  return row?.n ?? 0;
};

it.each(['traces', 'metrics'] as const)(
  `${each} mutated OTLP ${'$0'} over HTTP: each is answered, what is not taken is counted, no neighbour is lost`,
  async (signal: Signal) => {
    const parse = signal === 'traces' ? parseTraces : parseMetrics;
    const field = signal === 'traces' ? 'rejectedSpans' : 'rejectedDataPoints';
    for (let number = 0; number < each; number += 1) {
      const groups = [
        mutated(groupOf(signal, 'mutant', from), random),
        groupOf(signal, `${signal}-${number}`, from),
      ];
      const body = JSON.stringify(requestOf(signal, groups));
      const answer = await fetch(`${up.url}/api/otlp/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${up.token}` },
        body,
      });
      const said = await answer.json();
      expect([answer.status, body]).toEqual([200, body]);
      const { rejected } = parse(JSON.parse(body));
      expect(said).toEqual(
        rejected === 0
          ? {}
          : {
              partialSuccess: {
                [field]: String(rejected),
                errorMessage: expect.stringMatching(/.../),
              },
            },
      );
    }
    const table = signal === 'traces' ? 'kms_call' : 'operation_count';
    expect(
      await countOf(
        `SELECT count(DISTINCT process) FROM ${table} WHERE process LIKE '${signal}-%'`,
      ),
    ).toBe(each);
  },
);

it(`${each} mutated audit records imported beside the server: each is taken, ignored or named, no neighbour is lost`, async () => {
  const records = mutants('file').flatMap(({ mutant, neighbour }) => [mutant, neighbour]);
  const paths: string[] = [];
  for (let first = 0; first < records.length; first += perFile) {
    const path = join(up.dir, `log-${first}.json`);
    await writeFile(path, JSON.stringify({ Records: records.slice(first, first + perFile) }));
    paths.push(path);
  }
  const { code, stdout } = await runKeytide(['import', ...paths, '--data', up.dir, '--json']);
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  const ignored = Object.values<number>(report.ignored).reduce((sum, n) => sum + n, 0);
  expect(report.kmsEvents + report.duplicates + ignored + report.rejectedCount).toBe(
    records.length,
  );
  expect(report.rejectedCount).toBe(report.rejected.length);
  for (const { reason } of report.rejected) expect(reason.length).toBeGreaterThan(3);
  expect(await countOf("SELECT count(*) FROM audit_event WHERE event_id LIKE 'file-n-%'")).toBe(
    each,
  );
});

it(`${each} mutated audit records polled: the cursor moves past them, those left out are counted, no neighbour is lost`, async () => {
  const source = async () =>
    (await readAuditSources(store.ctx.db)).find(({ kind }) => kind === 'cloudtrail');
  await expect
    .poll(async () => (await source())?.cursorAt ?? null, { timeout: 120_000 })
    .not.toBeNull();
  const health = await source();
  expect(health).toMatchObject({ status: 'ok' });
  const refused = refusedOf(polled.map(lookedUp));
  expect(refused).toBeGreaterThan(1);
  expect(health?.message).toMatch(/^A record could not be taken and was left out: .{10,}/);
  expect(health?.message).toContain(`Another ${refused - 1} were left out too.`);
  expect(await countOf("SELECT count(*) FROM audit_event WHERE event_id LIKE 'polled-n-%'")).toBe(
    each,
  );
  const answer = await fetch(`${up.url}/api/explain?from=${from}&to=${from + 3_600_000}`);
  expect(answer.status).toBe(200);
  const view: ExplainView = await answer.json();
  expect(JSON.stringify(view)).not.toMatch(/native code/);
  expect(view.ledger.lines.every(({ total }) => Number.isFinite(total))).toBe(true);
  expect(view.coverage.map(({ message }) => message)).toContain(health?.message);
});
