/** A Log Analytics workspace read as it grows, through the real client, from the sandbox's. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { AzureAuditLog, type AzureAuditLogOptions } from '../../lib/sandbox/azure/audit-log.ts';
import { AzureFault } from '../../lib/sandbox/azure/azure-fault.ts';
import { AzureCloud } from '../../lib/sandbox/azure/cloud.ts';
import type { AzureLogFault, LogOperation } from '../../lib/sandbox/azure/log-options.ts';
import { startAzureServer } from '../../lib/sandbox/azure/server.ts';
import type { AzurePrincipal } from '../../lib/sandbox/azure/vault-access.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';
import { pollLog } from '../../lib/services/intake/poll-log.ts';
import { toLoopback } from '../../lib/shared/to-loopback.ts';
import { azureMonitorReader } from '../../lib/sources/azure-monitor/query-reader.ts';
import type { LogReader } from '../../lib/sources/log-reader.ts';
import { readAuditSources } from '../../lib/store/entities/audit-sources.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const startMs = Date.UTC(2026, 10, 23, 12);
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const workspaceId = randomUUID();
const sourceId = `azure-monitor:${workspaceId}`;

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
async function scene(about: Partial<AzureAuditLogOptions> = {}, rowsMax?: number) {
  const clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
  const common = { clock, random: randomBytes, tenantId: randomUUID() };
  const log = new AzureAuditLog({
    ...common,
    delayMs: { min: 1_000, max: 9 * minuteMs },
    subscriptionId: '8c2d1a54-0000-4000-8000-3f1e2d7c9b10',
    resourceGroup: 'Acme-Keys',
    repeatShare: 0.2,
    ...about,
  });
  const cloud = new AzureCloud({ ...common, propagationMs: 0, journal: (one) => log.write(one) });
  const vault = cloud.addVault('acme', 'managed-hsm');
  const [engine, reader, narrow] = [
    cloud.addPrincipal(),
    cloud.addPrincipal(),
    cloud.addPrincipal(),
  ];
  cloud.assign(vault, engine, 'Managed HSM Crypto Officer');
  let planned: ((asked: { operation: LogOperation }) => AzureLogFault | undefined) | undefined;
  const server = await startAzureServer({
    cloud,
    logs: {
      log,
      readers: [reader, narrow],
      managers: [reader],
      workspace: { id: workspaceId, ...(rowsMax !== undefined && { rowsMax }) },
      storage: { account: 'acmelogs', key: randomBytes(64).toString('base64') },
      faults: (asked) => planned?.(asked),
    },
  });
  close.push(() => server.close());
  let number = 0;
  const call = (operation: 'KeyCreate' | 'KeyWrap', principal: AzurePrincipal = engine) => {
    number += 1;
    const body = operation === 'KeyWrap' ? { alg: 'A256KW', value: 'QUJDREVGR0hJSktMTU5PUA' } : {};
    const info = {
      requestId: `request-${number}`,
      clientRequestId: null,
      userAgent: `sdk keytide/1#engine-1.boot0001.${number}.1#load.first#${'0'.repeat(16)}`,
      callerIp: '10.0.0.7',
      requestUri: 'https://acme.managedhsm.azure.net/keys/tide/wrapkey?api-version=2025-07-01',
    };
    cloud.call(vault, principal, { operation, key: 'tide', version: '', body }, info);
  };
  call('KeyCreate');
  const readerFor = (who: AzurePrincipal, rows?: number, answerMsMax = 60_000): LogReader =>
    azureMonitorReader({
      workspaceId,
      managementUrl: server.url,
      credential: {
        getToken: async () => ({ token: who.token, expiresOnTimestamp: Date.now() + hourMs }),
      },
      client: {
        endpoint: 'https://api.loganalytics.io/v1',
        additionalPolicies: [{ policy: toLoopback(server.url), position: 'perRetry' }],
      },
      pagesMax: 500,
      answerMsMax,
      ...(rows !== undefined && { rowsMax: rows }),
      sleep: async () => {},
    });
  const poll = (with_: LogReader) => {
    store.setNow(clock.now());
    return pollLog({ ctx: store.ctx, input: { reader: with_, sourceId, startMs } });
  };
  const happen = (times: number) => {
    for (let time = 0; time < times; time += 1) {
      call('KeyWrap');
      clock.jumpTo(clock.now() + 1_000);
    }
  };
  const plan = (fault: typeof planned) => {
    planned = fault;
  };
  return { clock, cloud, log, engine, reader, narrow, call, readerFor, poll, happen, plan };
}

const source = async () => (await readAuditSources(store.ctx.db)).find(({ id }) => id === sourceId);
const kept = () =>
  store.query<{ operation: string; key: string; seq: number; request: string; time: string }>(
    `SELECT operation, key, claim_seq::float8 AS seq, request_id AS request, facts->>'time' AS time
     FROM audit_event ORDER BY at, event_id`,
  );

test.each(['AZKVAuditLogs', 'AzureDiagnostics'] as const)(
  'every row of %s comes in once, with all its digits, however late, repeated or out of order',
  async (table) => {
    const one = await scene({ table });
    const reader = one.readerFor(one.reader);
    let added = 0;
    for (let round = 0; round < 4; round += 1) {
      one.happen(30);
      added += await one.poll(reader);
    }
    one.clock.jumpTo(one.clock.now() + 20 * minuteMs);
    added += await one.poll(reader);
    const events = await kept();
    expect([added, events.length]).toEqual([121, 121]);
    expect(events.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 121 }, (_, at) => at + 1),
    );
    expect(new Set(events.map(({ key }) => key))).toEqual(
      new Set(['azure-kv:https://acme.managedhsm.azure.net/keys/tide']),
    );
    for (const { seq, request, time } of events) {
      expect(request).toBe(`request-${seq}`);
      expect(time).toMatch(/\.\d{7}Z$/);
    }
    expect(await source()).toMatchObject({ kind: 'azure-monitor', status: 'ok', message: null });
  },
);

test('an answer that is partial is never taken as all: it is asked again in halves', async () => {
  const one = await scene({ repeatShare: 0 }, 25);
  one.happen(200);
  one.clock.jumpTo(one.clock.now() + 20 * minuteMs);
  await one.poll(one.readerFor(one.reader));
  expect(await kept()).toHaveLength(201);
  expect(await source()).toMatchObject({ status: 'ok' });
});

test('throttling is waited for, a denial says what to grant, an outage is read again', async () => {
  const one = await scene();
  one.happen(10);
  one.clock.jumpTo(one.clock.now() + 20 * minuteMs);
  let throttled = 3;
  one.plan(() => {
    throttled -= 1;
    return throttled >= 0
      ? { fault: new AzureFault(429, { code: 'ThrottledError', message: 'slow' }) }
      : undefined;
  });
  await one.poll(one.readerFor(one.reader));
  expect(await kept()).toHaveLength(11);
  one.plan(undefined);
  await expect(one.poll(one.readerFor(one.engine))).rejects.toMatchObject({ code: 'forbidden' });
  expect((await source())?.message).toContain('Log Analytics Reader');
  one.plan(() => 'reset');
  await expect(one.poll(one.readerFor(one.reader))).rejects.toMatchObject({ code: 'unavailable' });
});

test('without a diagnostic setting, without rights, or past what is kept: named, with the command that mends it', async () => {
  const one = await scene({ enabled: false });
  const reader = one.readerFor(one.reader);
  const codes = async () => (await source())?.gaps.map(({ code }) => code);
  one.happen(3);
  await expect(one.poll(reader)).rejects.toMatchObject({ code: 'bad-request' });
  expect((await source())?.gaps).toEqual([
    {
      code: 'no-setting',
      evidence: expect.stringContaining('AZKVAuditLogs'),
      fix: expect.stringMatching(
        /^az monitor diagnostic-settings create .*AuditEvent.* --workspace /,
      ),
    },
  ]);
  one.log.setEnabled(true);
  one.happen(3);
  one.clock.jumpTo(one.clock.now() + 20 * minuteMs);
  await one.poll(reader);
  expect(await codes()).toEqual([]);
  await expect(one.poll(one.readerFor(one.engine))).rejects.toMatchObject({ code: 'forbidden' });
  expect(await codes()).toEqual(['no-permission']);
  // It was not read for so long that what came in meanwhile is gone.
  one.clock.jumpTo(one.clock.now() + 50 * 24 * hourMs);
  one.happen(3);
  one.clock.jumpTo(one.clock.now() + 20 * minuteMs);
  await one.poll(reader);
  expect(await codes()).toEqual(['retention']);
});

test('a diagnostic setting is asked for where that is allowed, else it is said that it may not be', async () => {
  const one = await scene();
  const gaps = async () => (await source())?.gaps;
  one.happen(3);
  one.clock.jumpTo(one.clock.now() + 20 * minuteMs);
  await one.poll(one.readerFor(one.reader));
  await one.poll(one.readerFor(one.reader));
  expect(await gaps()).toEqual([]);
  await one.poll(one.readerFor(one.narrow));
  expect(await gaps()).toEqual([
    {
      code: 'not-asked',
      evidence: expect.stringContaining('acme.managedhsm.azure.net'),
      fix: expect.stringContaining('Monitoring Reader'),
    },
  ]);
  // Rows of before still arrive, and would prove a setting that is gone.
  one.happen(3);
  one.log.setEnabled(false);
  await one.poll(one.readerFor(one.reader));
  expect(await gaps()).toEqual([
    {
      code: 'no-setting',
      evidence: expect.stringContaining('acme.managedhsm.azure.net'),
      fix: expect.stringMatching(/--resource \/subscriptions\/.*managedHSMs\/acme .*--workspace /),
    },
  ]);
  one.plan(({ operation }) =>
    operation === 'Manage'
      ? { fault: new AzureFault(500, { code: 'InternalServerError', message: 'down' }) }
      : undefined,
  );
  await one.poll(one.readerFor(one.reader));
  expect((await gaps())?.map(({ code }) => code)).toEqual(['not-asked']);
});

test('a workspace that never answers is given up, and the next reading has it all', async () => {
  const one = await scene();
  one.happen(5);
  one.clock.jumpTo(one.clock.now() + 20 * minuteMs);
  one.plan(() => ({ delayMs: 20_000 }));
  const impatient = one.readerFor(one.reader, undefined, 1_000);
  await expect(one.poll(impatient)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('did not answer within 1 s'),
  });
  one.plan(undefined);
  await one.poll(one.readerFor(one.reader));
  expect(await kept()).toHaveLength(6);
});
