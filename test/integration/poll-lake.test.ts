/** CloudTrail Lake by query, and a folder of files, read as they grow. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { AwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import { startAwsServer } from '../../lib/sandbox/aws/server.ts';
import { castOf, customerAccount } from '../../lib/sandbox/fleet/accounts.ts';
import { plantStranger } from '../../lib/sandbox/fleet/plants.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';
import { pollLog } from '../../lib/services/intake/poll-log.ts';
import { lakeReader } from '../../lib/sources/cloudtrail/lake-reader.ts';
import { folderReader } from '../../lib/sources/files/folder-reader.ts';
import type { LogReader } from '../../lib/sources/log-reader.ts';
import { readAuditSources } from '../../lib/store/entities/audit-sources.ts';
import { azureRow, gcpEntry } from '../support/cloud-records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { removeDir, scratchDir } from '../support/up.ts';

const region = 'eu-central-1';
const startMs = Date.UTC(2026, 10, 23, 12);
const minuteMs = 60_000;

let store: TestStore;
let dir: string;
beforeAll(async () => {
  store = await openTestStore();
  dir = await scratchDir();
}, 60_000);
beforeEach(() => store.clear());
afterAll(async () => {
  await store.close();
  await removeDir(dir);
});

const poll = (reader: LogReader, now: number) => {
  store.setNow(now);
  return pollLog({ ctx: store.ctx, input: { reader, sourceId: 'one', startMs } });
};
const count = async () =>
  (await store.query<{ n: number }>('SELECT count(*)::float8 AS n FROM audit_event'))[0]?.n;

/** An account with a store of its events, which who has these rights reads. */
async function lakeScene() {
  const clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
  const cloud = new AwsCloud({
    clock,
    random: randomBytes,
    region,
    deliveryLagMs: { min: minuteMs, max: 4 * minuteMs },
    propagationMs: 0,
    queryMs: 5_000,
  });
  const cast = castOf(cloud, 1);
  const server = await startAwsServer({ cloud, wall: systemClock });
  const readerFor = (...allow: string[]) => {
    const user = { account: customerAccount, kind: 'user', name: 'reader', allow } as const;
    const { accessKeyId, secretAccessKey } = cloud.addPrincipal(user);
    return lakeReader({
      ...{ region, store: randomUUID(), pagesMax: 100 },
      endpoint: server.url,
      credentials: { accessKeyId, secretAccessKey },
      // Whoever waits lets time pass.
      sleep: async (ms) => clock.jumpTo(clock.now() + ms),
    });
  };
  return { clock, cloud, cast, server, readerFor };
}

test('queries of Lake give every event once, wait for their end, and a denial says what to grant', async () => {
  const { clock, cloud, cast, server, readerFor } = await lakeScene();
  const reader = readerFor('cloudtrail:*');
  for (let minute = 0; minute < 12; minute += 1) {
    plantStranger(cloud, cast);
    clock.jumpTo(clock.now() + minuteMs);
    if (minute % 4 === 3) await poll(reader, clock.now());
  }
  clock.jumpTo(clock.now() + 10 * minuteMs);
  await poll(reader, clock.now());
  const made = cloud
    .events(customerAccount)
    .filter(({ record }) => record.eventSource === 'kms.amazonaws.com').length;
  expect(made).toBeGreaterThan(100);
  expect(await count()).toBe(made);
  const [source] = await readAuditSources(store.ctx.db);
  expect(source).toMatchObject({ kind: 'lake', status: 'ok', message: null });
  expect(source?.gaps).toEqual([]);
  await expect(poll(readerFor(), clock.now())).rejects.toMatchObject({ code: 'forbidden' });
  reader.close();
  await server.close();
});

test('a store that leaves KMS out, or does not reach back, is named, with the command that mends it', async () => {
  const { clock, cloud, server, readerFor } = await lakeScene();
  const reader = readerFor('cloudtrail:*');
  await poll(reader, clock.now());
  const admin = { account: customerAccount, kind: 'user', name: 'admin', allow: ['*'] } as const;
  cloud.call(cloud.addPrincipal(admin), {
    ...{ service: 'cloudtrail', operation: 'UpdateEventDataStore', sourceIp: '10.0.0.1' },
    userAgent: 'aws-cli/2',
    input: {
      EventDataStore: 'store',
      AdvancedEventSelectors: [
        {
          FieldSelectors: [
            { Field: 'eventCategory', Equals: ['Management'] },
            { Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] },
          ],
        },
      ],
    },
  });
  await poll(reader, clock.now());
  const [without] = await readAuditSources(store.ctx.db);
  expect(without?.gaps.map(({ code }) => code)).toEqual(['kms-excluded']);
  clock.jumpTo(clock.now() + 400 * 1_440 * minuteMs);
  await poll(reader, clock.now());
  const [late] = await readAuditSources(store.ctx.db);
  expect(late?.gaps.map(({ code }) => code)).toEqual(['kms-excluded', 'retention']);
  reader.close();
  await server.close();
});

test('a folder’s files are read when they are written, whichever cloud’s, and once', async () => {
  const folder = join(dir, 'logs');
  await mkdir(folder);
  const reader = folderReader(folder);
  await writeFile(join(folder, 'google.json'), JSON.stringify([gcpEntry()]));
  expect(await poll(reader, Date.now())).toBe(1);
  await writeFile(join(folder, 'azure.json'), JSON.stringify(azureRow()));
  expect(await poll(reader, Date.now())).toBe(1);
  expect(await poll(reader, Date.now())).toBe(0);
  expect(await count()).toBe(2);
  await expect(poll(folderReader(join(dir, 'none')), Date.now())).rejects.toMatchObject({
    code: 'not-found',
  });
});
