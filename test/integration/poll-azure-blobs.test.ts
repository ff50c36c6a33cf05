/** Blobs that a vault's log is exported into, read as they grow, through the real client, from the sandbox's. */
import { randomBytes, randomUUID } from 'node:crypto';
import { StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { AzureAuditLog } from '../../lib/sandbox/azure/audit-log.ts';
import { AzureFault } from '../../lib/sandbox/azure/azure-fault.ts';
import { AzureCloud } from '../../lib/sandbox/azure/cloud.ts';
import type { AzureLogFault } from '../../lib/sandbox/azure/log-options.ts';
import { startAzureServer } from '../../lib/sandbox/azure/server.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';
import { pollLog } from '../../lib/services/intake/poll-log.ts';
import { azureBlobReader } from '../../lib/sources/azure-monitor/blob-reader.ts';
import type { LogReader } from '../../lib/sources/log-reader.ts';
import { readAuditSources } from '../../lib/store/entities/audit-sources.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const startMs = Date.UTC(2026, 10, 23, 12, 50);
const minuteMs = 60_000;
const account = 'acmelogs';
const sourceId = 'azure-blobs:acmelogs';

let store: TestStore;
let close: (() => Promise<void>)[] = [];
beforeAll(async () => {
  store = await openTestStore();
});
beforeEach(() => store.clear());
afterEach(async () => {
  await Promise.all(close.map((one) => one()));
  close = [];
});
afterAll(() => store.close());

// Long: one scene, step by step.
async function scene(about: { enabled?: boolean } = {}) {
  const clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
  const common = { clock, random: randomBytes, tenantId: randomUUID() };
  const log = new AzureAuditLog({
    ...common,
    delayMs: { min: 1_000, max: 2 * minuteMs },
    subscriptionId: '8c2d1a54-0000-4000-8000-3f1e2d7c9b10',
    resourceGroup: 'Acme-Keys',
    repeatShare: 0.1,
    blockBytes: 512,
    ...about,
  });
  const cloud = new AzureCloud({ ...common, propagationMs: 0, journal: (one) => log.write(one) });
  const vault = cloud.addVault('acme', 'managed-hsm');
  const engine = cloud.addPrincipal();
  cloud.assign(vault, engine, 'Managed HSM Crypto Officer');
  const key = randomBytes(64).toString('base64');
  let planned: ((operation: string) => AzureLogFault | undefined) | undefined;
  const asked: string[] = [];
  const server = await startAzureServer({
    cloud,
    logs: {
      log,
      readers: [],
      workspace: { id: randomUUID() },
      storage: { account, key, pageMax: 2 },
      faults: ({ operation }) => {
        asked.push(operation);
        return planned?.(operation);
      },
    },
  });
  close.push(() => server.close());
  let number = 0;
  const call = (operation: 'KeyCreate' | 'KeyWrap') => {
    number += 1;
    const body = operation === 'KeyWrap' ? { alg: 'A256KW', value: 'QUJDREVGR0hJSktMTU5PUA' } : {};
    const info = {
      requestId: `request-${number}`,
      clientRequestId: null,
      userAgent: 'sdk',
      callerIp: '10.0.0.7',
      requestUri: 'https://acme.managedhsm.azure.net/keys/tide/wrapkey?api-version=2025-07-01',
    };
    cloud.call(vault, engine, { operation, key: 'tide', version: '', body }, info);
  };
  call('KeyCreate');
  return {
    clock,
    log,
    asked,
    plan: (fault: typeof planned) => {
      planned = fault;
    },
    happen: (times: number) => {
      for (let time = 0; time < times; time += 1) {
        call('KeyWrap');
        clock.jumpTo(clock.now() + 10_000);
      }
    },
    readerWith: (secret = key): LogReader =>
      azureBlobReader({
        containerUrl: `${server.url}/${account}/insights-logs-auditevent`,
        credential: new StorageSharedKeyCredential(account, secret),
        blobsMax: 100,
        sleep: async () => {},
      }),
    poll: (reader: LogReader) => {
      store.setNow(clock.now());
      return pollLog({ ctx: store.ctx, input: { reader, sourceId, startMs } });
    },
  };
}

const source = async () => (await readAuditSources(store.ctx.db)).find(({ id }) => id === sourceId);
const requests = async () =>
  (await store.query<{ id: string }>('SELECT request_id AS id FROM audit_event')).map(({ id }) =>
    Number(id.slice('request-'.length)),
  );
const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

test('every row comes in once, over the hour’s end, and what did not grow is not fetched again', async () => {
  const one = await scene();
  const reader = one.readerWith();
  for (let round = 0; round < 4; round += 1) {
    one.happen(30);
    await one.poll(reader);
  }
  one.clock.jumpTo(one.clock.now() + 90 * minuteMs);
  await one.poll(reader);
  expect((await requests()).sort((a, b) => a - b)).toEqual(upTo(121));
  expect(await source()).toMatchObject({ kind: 'azure-blobs', status: 'ok', message: null });
  // An account's key is no token to ask the management plane with.
  expect((await source())?.gaps.map(({ code }) => code)).toEqual(['not-asked']);
  one.asked.length = 0;
  await one.poll(reader);
  expect(new Set(one.asked)).toEqual(new Set(['ListBlobs']));
  // Another process knows no offsets, reads all of it again, and counts nothing twice.
  expect(await one.poll(one.readerWith())).toBe(0);
});

test('what fails half-way is read again, a denial says what to grant', async () => {
  const one = await scene();
  const reader = one.readerWith();
  one.happen(80);
  one.clock.jumpTo(one.clock.now() + 90 * minuteMs);
  let fetched = 0;
  one.plan((operation) => {
    fetched += operation === 'GetBlob' ? 1 : 0;
    return fetched > 1
      ? { fault: new AzureFault(503, { code: 'ServerBusy', message: 'busy' }) }
      : undefined;
  });
  await expect(one.poll(reader)).rejects.toMatchObject({ code: 'unavailable' });
  expect((await requests()).length).toBeGreaterThan(0);
  one.plan(undefined);
  await one.poll(reader);
  expect((await requests()).sort((a, b) => a - b)).toEqual(upTo(81));
  const wrong = one.readerWith(randomBytes(64).toString('base64'));
  await expect(one.poll(wrong)).rejects.toMatchObject({ code: 'forbidden' });
  expect((await source())?.message).toContain('Storage Blob Data Reader');
  expect((await source())?.gaps).toMatchObject([{ code: 'no-permission' }]);
});

test('a container that no diagnostic setting has made yet is named, with the command that makes one', async () => {
  const one = await scene({ enabled: false });
  const reader = one.readerWith();
  await expect(one.poll(reader)).rejects.toMatchObject({ code: 'not-found' });
  expect((await source())?.gaps).toMatchObject([
    { code: 'no-setting', fix: expect.stringContaining('--storage-account') },
  ]);
  one.log.setEnabled(true);
  one.happen(3);
  one.clock.jumpTo(one.clock.now() + 90 * minuteMs);
  await one.poll(reader);
  expect((await source())?.gaps.map(({ code }) => code)).not.toContain('no-setting');
});
