/**
 * A Citus cluster, whose coordinator and workers `KEYTIDE_TEST_CITUS` names, beside a single server: both are given the
 * same and answer the same. `npm run long -- citus` runs these, and what the store must do on any database, on it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultOf } from '../../lib/http/respond.ts';
import { brush } from '../../lib/services/answers/brush.ts';
import { listCalls } from '../../lib/services/answers/calls.ts';
import { listChoices } from '../../lib/services/answers/choices.ts';
import { drill } from '../../lib/services/answers/drill.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { keepSpikes } from '../../lib/services/answers/keep-spikes.ts';
import { describeKey, listKeys } from '../../lib/services/answers/keys.ts';
import { listMarkers } from '../../lib/services/answers/markers.ts';
import { metrics } from '../../lib/services/answers/metrics.ts';
import { pattern } from '../../lib/services/answers/pattern.ts';
import { report } from '../../lib/services/answers/report.ts';
import { describeSpike } from '../../lib/services/answers/spike-detail.ts';
import { listSpikes } from '../../lib/services/answers/spikes.ts';
import type { ServiceContext } from '../../lib/services/context.ts';
import { acceptTraces } from '../../lib/services/intake/accept-otlp.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { callsShow, type ExplainFilter } from '../../lib/shared/dto.ts';
import { packTallies } from '../../lib/store/rollups/pack-tallies.ts';
import { distribute } from '../../lib/store/upkeep/distribute.ts';
import { callsPerRequest, traceRequest } from '../bench/otlp-requests.ts';
import {
  missingCitus,
  openOnCitus,
  postgresServer,
  type TestCluster,
} from '../support/postgres.ts';
import { type Scenario, sandboxAfternoon, scenario } from '../support/scenario.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { story } from '../support/story.ts';

const missing = missingCitus() ?? postgresServer().missing;
if (missing !== null) console.warn(`skipped: ${missing}`);

describe.skipIf(missing !== null)('a Citus cluster', () => {
  let cluster: TestCluster;
  let stores: { many: TestStore; one: TestStore };
  beforeAll(async () => {
    stores = {
      many: await openTestStore(async () => {
        cluster = await openOnCitus();
        return cluster;
      }),
      one: await openTestStore(postgresServer().open),
    };
  }, 120_000);
  afterAll(async () => {
    await stores?.many.close();
    await stores?.one.close();
  });

  const both = async <T>(work: (store: TestStore) => Promise<T>): Promise<{ many: T; one: T }> => ({
    many: await work(stores.many),
    one: await work(stores.one),
  });

  test('has events and sums spread by key, names everywhere, and the rest on the coordinator', async () => {
    const rows = await stores.many.query<{ name: string; by: string | null; place: string }>(
      `SELECT relname AS name, column_to_column_name(logicalrelid, partkey) AS by, colocationid::text AS place
       FROM pg_dist_partition JOIN pg_class c ON c.oid = logicalrelid WHERE NOT c.relispartition ORDER BY 1`,
    );
    const by = (column: string | null) =>
      rows.flatMap((row) => (row.by === column ? [row.name] : []));
    expect(by('key')).toEqual(
      'attempt call event key_caller key_crossing key_dek key_process known_key lookup_count pair raw_block tally_day tally_open'.split(
        ' ',
      ),
    );
    expect(new Set(rows.flatMap((row) => (row.by === 'key' ? [row.place] : []))).size).toBe(1);
    expect([by('id'), by('workspace'), by(null)]).toEqual([
      ['event_id'],
      ['dek_use'],
      ['dimension'],
    ]);
  });

  test.each([
    ['a story with everything that can befall a call', async () => story(11, 200)],
    ['a fleet with a deploy', () => scenario(0)],
    ['the sandbox’s afternoon', () => sandboxAfternoon(1)],
  ] as const)('holds and answers of %s what a single server does', async (_, tell) => {
    const told = await tell();
    const found = await both(async (store) => {
      await store.clear();
      await takeIn(store, told);
      const rows = await store.dump();
      await packTallies(store.ctx.db);
      await keepSpikes({ ctx: store.ctx });
      return { rows, answers: await answersOf(store.ctx, told) };
    });
    expect(found.many.rows).toEqual(found.one.rows);
    for (const [question, answer] of found.one.answers)
      expect(found.many.answers.get(question), question).toEqual(answer);
    expect(found.one.answers.size).toBeGreaterThan(30);
  });

  test('takes in what many send at once, and answers 503 while a worker is away: nothing told is lost', async () => {
    const told = Array.from({ length: sized({ ci: 120, long: 400 }) }, (_, no) =>
      traceRequest({ sender: 'engine', no, from: Date.UTC(2026, 10, 20) }),
    );
    await both((store) => store.clear());
    const seconds = await both((store) => timed(() => sendAll(store.ctx, told)));
    const rate = (of: number) => `${Math.round((told.length * callsPerRequest) / of)} calls/s`;
    console.log(`ingest: cluster ${rate(seconds.many)}, single server ${rate(seconds.one)}`);
    const calls = 'SELECT count(*)::float8 AS n FROM call';
    const all = [{ n: told.length * callsPerRequest }];
    expect(await both((store) => store.query(calls))).toEqual({ many: all, one: all });

    await stores.many.clear();
    const sent = sendAll(stores.many.ctx, told);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const goOn = await cluster.stopWorker();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await goOn();
    const statuses = await sent;
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect((await stores.many.dump()).kms_call).toEqual((await stores.one.dump()).kms_call);
    expect((await stores.many.dump()).sums).toEqual((await stores.one.dump()).sums);
  });

  test('spreads at the next start what a database of one node holds', async () => {
    const { many } = stores;
    await many.clear();
    await takeIn(many, story(5));
    const before = await many.dump();
    const spread = await many.query<{ name: string }>(
      `SELECT relname AS name FROM pg_dist_partition JOIN pg_class c ON c.oid = logicalrelid
       WHERE NOT c.relispartition`,
    );
    for (const { name } of spread) await many.query(`SELECT undistribute_table('${name}')::text`);
    expect((await distribute(many.url)).sort()).toEqual(spread.map(({ name }) => name).sort());
    expect(await many.dump()).toEqual(before);
    expect(await distribute(many.url)).toEqual([]);
  });
});

async function takeIn(
  store: TestStore,
  { telemetry, audit, to }: Pick<Scenario, 'telemetry' | 'audit' | 'to'>,
) {
  const half = Math.floor(audit.length / 2);
  const take = (records: typeof audit) =>
    ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
  await take(audit.slice(0, half));
  await ingestTelemetry({ ctx: store.ctx, input: telemetry });
  await take(audit.slice(half));
  await store.cover(to);
  store.setNow(to);
}

/** What screens and commands show, by the question: of all and of one of each dimension, each list, each key. */
async function answersOf(
  ctx: ServiceContext,
  { from, to }: Pick<Scenario, 'from' | 'to'>,
): Promise<Map<string, unknown>> {
  const window = { from, to };
  const choices = await listChoices({ ctx, input: { window } });
  const { keys, workspaces, processes, principals } = choices;
  const filters: ExplainFilter[] = [
    {},
    ...keys.slice(0, 1).map((key) => ({ key })),
    ...workspaces.slice(0, 1).map((workspace) => ({ workspace })),
    ...processes.slice(0, 1).map((process) => ({ process })),
    ...principals.slice(0, 1).map(({ id }) => ({ principal: id })),
  ];
  const answers = new Map<string, unknown>([
    ['choices', choices],
    ['metrics', await metrics({ ctx, input: { until: to } })],
    ['keys', await listKeys({ ctx })],
  ]);
  for (const filter of filters) {
    const of = (name: string) => `${name} of ${JSON.stringify(filter)}`;
    const input = { window, filter };
    answers.set(of('explain'), await explain({ ctx, input }));
    answers.set(of('pattern'), await pattern({ ctx, input }));
    answers.set(of('report'), await report({ ctx, input }));
    answers.set(of('markers'), await listMarkers({ ctx, input }));
    const part = { from, to, firstMinute: 0, lastMinute: 20 };
    answers.set(of('brush'), await brush({ ctx, input: { ...input, brush: part } }));
    for (const show of callsShow) {
      const page = { window, show, filters: filter, cursor: null, rowsMax: 200 };
      answers.set(of(show), await listCalls({ ctx, input: page }));
    }
    const listed = await listSpikes({ ctx, input });
    answers.set(of('spikes'), listed);
    for (const { id } of listed.spikes.slice(0, 3))
      answers.set(of(`spike ${id}`), await describeSpike({ ctx, input: { id, filter } }));
  }
  for (const key of keys) {
    answers.set(`key ${key}`, await describeKey({ ctx, input: { key } }));
    answers.set(`drill ${key}`, await drill({ ctx, input: { key } }));
  }
  return answers;
}

/** Sends again what is to be sent again, as engines do; resolves to how it was refused. */
async function sendAll(ctx: ServiceContext, told: readonly object[]): Promise<number[]> {
  const refused: number[] = [];
  const left = [...told];
  const sender = async () => {
    for (let body = left.shift(); body !== undefined; body = left.shift())
      for (let taken = false; !taken; )
        taken = await acceptTraces({ ctx, input: body }).then(
          () => true,
          async (error: unknown) => {
            refused.push(faultOf(error).status);
            await new Promise((resolve) => setTimeout(resolve, 100));
            return false;
          },
        );
  };
  await Promise.all(Array.from({ length: 8 }, sender));
  return refused;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}
