/** The sandbox's logs of Key Vault through the unchanged SDKs: a Log Analytics workspace, and blobs that grow. */
import { randomBytes, randomUUID } from 'node:crypto';
import { LogsQueryClient, LogsQueryResultStatus } from '@azure/monitor-query-logs';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { AzureAuditLog, type AzureAuditLogOptions } from '../../lib/sandbox/azure/audit-log.ts';
import { AzureFault } from '../../lib/sandbox/azure/azure-fault.ts';
import { AzureCloud } from '../../lib/sandbox/azure/cloud.ts';
import type { AzureLogFault } from '../../lib/sandbox/azure/log-options.ts';
import { type AzureServer, startAzureServer } from '../../lib/sandbox/azure/server.ts';
import type { AzurePrincipal } from '../../lib/sandbox/azure/vault-access.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';
import { toLoopback } from '../../lib/shared/to-loopback.ts';

const startMs = Date.UTC(2026, 0, 5, 10);
const minute = 60_000;
const hour = 60 * minute;
const workspaceId = randomUUID();
const storage = { account: 'acmelogs', key: randomBytes(64).toString('base64') };
const always = { startTime: new Date(startMs - hour), endTime: new Date(startMs + 24 * hour) };
const container = 'insights-logs-auditevent';

let servers: AzureServer[] = [];
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

interface SceneOptions {
  log?: Partial<AzureAuditLogOptions>;
  workspace?: { rowsMax?: number; quota?: { per30Seconds: number; wall: typeof systemClock } };
  pageMax?: number;
  kind?: 'vault' | 'managed-hsm';
}

// Long: one set-up, step by step.
async function scene({
  log: about = {},
  workspace = {},
  pageMax,
  kind = 'managed-hsm',
}: SceneOptions = {}) {
  const clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
  const tenantId = randomUUID();
  const common = { clock, random: randomBytes, tenantId };
  const log = new AzureAuditLog({
    ...common,
    delayMs: { min: 0, max: 0 },
    subscriptionId: '8c2d1a54-0000-4000-8000-3f1e2d7c9b10',
    resourceGroup: 'Acme-Keys',
    ...about,
  });
  const cloud = new AzureCloud({ ...common, propagationMs: 0, journal: (one) => log.write(one) });
  const vault = cloud.addVault('acme', kind);
  const [engine, reader] = [cloud.addPrincipal(), cloud.addPrincipal()];
  const role = kind === 'managed-hsm' ? 'Managed HSM' : 'Key Vault';
  cloud.assign(vault, engine, `${role} Crypto Officer`);
  let planned: AzureLogFault | undefined;
  const server = await startAzureServer({
    cloud,
    logs: {
      log,
      readers: [reader],
      workspace: { id: workspaceId, ...workspace },
      storage: { ...storage, ...(pageMax !== undefined && { pageMax }) },
      faults: () => planned,
    },
  });
  servers.push(server);
  const call = (
    operation: 'KeyCreate' | 'KeyGet' | 'KeyWrap' | 'KeyDelete',
    { principal = engine, ...info }: { principal?: AzurePrincipal } & Partial<typeof noInfo> = {},
  ) => {
    const alg = kind === 'managed-hsm' ? 'A256KW' : 'RSA-OAEP-256';
    const body = operation === 'KeyWrap' ? { alg, value: 'QUJDREVGR0hJSktMTU5PUA' } : {};
    const asked = { operation, key: 'tide', version: '', body };
    return cloud.call(vault, principal, asked, { ...noInfo, requestId: randomUUID(), ...info });
  };
  call('KeyCreate');
  const query = async (kql: string, who: AzurePrincipal = reader, timespan = always) => {
    const client = new LogsQueryClient(credentialOf(who), {
      endpoint: 'https://api.loganalytics.io/v1',
      additionalPolicies: [{ policy: toLoopback(server.url), position: 'perRetry' }],
      retryOptions: { maxRetries: 0 },
    });
    return client.queryWorkspace(workspaceId, kql, timespan);
  };
  const rows = async (kql: string): Promise<Readonly<Record<string, unknown>>[]> => {
    const answer = await query(kql);
    if (answer.status !== LogsQueryResultStatus.Success) throw new Error(answer.status);
    const [table] = answer.tables;
    const names = table?.columnDescriptors.map(({ name }) => name ?? '') ?? [];
    return (table?.rows ?? []).map((row) =>
      Object.fromEntries(names.map((name, index) => [name, row[index]])),
    );
  };
  const plan = (fault: AzureLogFault | undefined) => {
    planned = fault;
  };
  const blobs = new BlobServiceClient(
    `${server.url}/${storage.account}`,
    new StorageSharedKeyCredential(storage.account, storage.key),
    { retryOptions: { maxTries: 1 } },
  ).getContainerClient(container);
  return { clock, cloud, log, vault, engine, reader, server, call, query, rows, plan, blobs };
}

const noInfo = {
  requestId: '',
  clientRequestId: null as string | null,
  userAgent: 'azsdk-js-keyvault-keys/4.10.2',
  callerIp: '10.0.0.7',
  requestUri: 'https://acme.vault.azure.net/keys/tide/wrapkey?api-version=2025-07-01',
};

const credentialOf = ({ token }: AzurePrincipal) => ({
  getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 24 * hour }),
});

describe('a Log Analytics workspace', () => {
  test('has a row for each request, which says Success of what failed too', async () => {
    const one = await scene({ kind: 'vault' });
    const requestId = randomUUID();
    one.call('KeyWrap', { requestId });
    const nobody = one.cloud.addPrincipal();
    expect(() => one.call('KeyWrap', { principal: nobody })).toThrow('not authorized');
    const wraps = await one.rows('AZKVAuditLogs | where OperationName == "KeyWrap"');
    expect(wraps).toHaveLength(2);
    const [good, denied] = wraps;
    expect(good).toMatchObject({
      TimeGenerated: new Date(startMs),
      ResultType: 'Success',
      ResultSignature: 'OK',
      HttpStatusCode: 200,
      CorrelationId: requestId,
      CallerIpAddress: '10.0.0.7',
      ClientInfo: 'azsdk-js-keyvault-keys/4.10.2',
      Algorithm: 'RSA-OAEP-256',
      IsRbacAuthorized: true,
      Identity: { claim: { appid: one.engine.appId } },
      Id: expect.stringMatching(/^https:\/\/acme\.vault\.azure\.net\/keys\/tide\/[0-9a-f]{32}$/),
    });
    expect(denied).toMatchObject({
      ResultType: 'Success',
      ResultSignature: 'Forbidden',
      HttpStatusCode: 403,
      IsRbacAuthorized: false,
    });
    const [exact] = await one.rows('AZKVAuditLogs | project At = tostring(TimeGenerated) | take 1');
    expect(exact?.At).toMatch(/^2026-01-05T10:00:00\.000\d{4}Z$/);
  });

  test("names the server's id, or the client's where it is set to", async () => {
    const clientRequestId = randomUUID();
    for (const [correlation, expected] of [
      ['server', 'the server'],
      ['client', clientRequestId],
    ] as const) {
      const one = await scene({ log: { correlation } });
      one.call('KeyWrap', { requestId: 'the server', clientRequestId });
      const [row] = await one.rows('AZKVAuditLogs | where OperationName == "KeyWrap"');
      expect(row?.CorrelationId).toBe(expected);
    }
  });

  test('has the older table instead where the setting names that, with its own columns', async () => {
    const one = await scene({ log: { table: 'AzureDiagnostics' } });
    one.call('KeyWrap');
    expect(await one.rows('AZKVAuditLogs')).toEqual([]);
    const both = 'union isfuzzy=true AZKVAuditLogs, AzureDiagnostics';
    const [row] = await one.rows(`${both} | where OperationName == "KeyWrap"`);
    expect(row).toMatchObject({
      httpStatusCode_d: 200,
      requestUri_s: noInfo.requestUri,
      identity_claim_appid_g: one.engine.appId,
      algorithm_s: 'A256KW',
      ResourceId: expect.stringMatching(/\/PROVIDERS\/MICROSOFT\.KEYVAULT\/MANAGEDHSMS\/ACME$/),
    });
  });

  test('has nothing while no diagnostic setting is made', async () => {
    const one = await scene({ log: { enabled: false } });
    one.call('KeyWrap');
    one.log.setEnabled(true);
    one.call('KeyGet');
    const rows = await one.rows('AZKVAuditLogs');
    expect(rows.map(({ OperationName }) => OperationName)).toEqual(['KeyGet']);
    await expect(one.blobs.getBlobClient('none').download()).rejects.toMatchObject({
      statusCode: 404,
    });
  });

  test('rows come late, out of order, and once each when asked for by ingestion time', async () => {
    const one = await scene({ log: { delayMs: { min: 1000, max: 9 * minute }, repeatShare: 0 } });
    for (let number = 0; number < 200; number += 1) {
      one.clock.jumpTo(startMs + number * 1000);
      one.call('KeyWrap');
    }
    const seen: { CorrelationId: unknown; TimeGenerated: unknown }[] = [];
    let since = new Date(startMs).toISOString();
    for (let step = 0; step < 20; step += 1) {
      const rows = await one.rows(
        `AZKVAuditLogs | where ingestion_time() > datetime(${since}) and OperationName == 'KeyWrap'
         | extend Ingested = ingestion_time() | order by Ingested asc
         | project CorrelationId, TimeGenerated, Ingested = tostring(Ingested)`,
      );
      for (const { CorrelationId, TimeGenerated } of rows)
        seen.push({ CorrelationId, TimeGenerated });
      since = String(rows.at(-1)?.Ingested ?? since);
      one.clock.jumpTo(one.clock.now() + minute);
    }
    expect(new Set(seen.map(({ CorrelationId }) => CorrelationId)).size).toBe(200);
    expect(seen).toHaveLength(200);
    const times = seen.map(({ TimeGenerated }) => Number(TimeGenerated));
    expect(times).not.toEqual(times.toSorted((a, b) => a - b));
  });

  test.each([
    ['where HttpStatusCode != 200 or OperationName in ("KeyGet")', 1],
    ['where OperationName in~ ("keywrap", "KEYUNWRAP") and isnotempty(Algorithm)', 10],
    ['where OperationName !in ("KeyWrap")', 2],
    ['where OperationName startswith "key" and ClientInfo has "azsdk"', 12],
    ['where _ResourceId contains "/managedHSMs/acme" | take 3', 3],
    [
      'where TimeGenerated between (datetime(2026-01-05T10:00:03Z) .. datetime(2026-01-05 10:00:05.5))',
      3,
    ],
    ['where TimeGenerated > ago(5s) // the last ones', 6],
    ['where tostring(Identity.claim.appid) != ""', 12],
    ['where not(OperationName == "KeyWrap")', 2],
    ['summarize Count = count(), Last = max(TimeGenerated) by OperationName', 3],
    ['summarize count() by bin(TimeGenerated, 1m)', 1],
    ['distinct OperationName', 3],
    [
      'extend Status = column_ifexists("httpStatusCode_d", HttpStatusCode) | where Status == 200',
      12,
    ],
    ['top 4 by TimeGenerated desc', 4],
    ['count', 1],
  ])('answers AZKVAuditLogs | %s', async (kql, count) => {
    const one = await scene();
    one.call('KeyGet');
    for (let number = 1; number <= 10; number += 1) {
      one.clock.jumpTo(startMs + number * 1000);
      one.call('KeyWrap');
    }
    expect(await one.rows(`AZKVAuditLogs | ${kql}`)).toHaveLength(count);
    const named = `let t = datetime(2026-01-05); AZKVAuditLogs | where TimeGenerated > t | ${kql}`;
    expect(await one.rows(named)).toHaveLength(count);
  });

  test('says what it cannot do: a bad query, no right, another workspace, too many', async () => {
    const wall = { now: () => 0, monotonic: () => 0 };
    const one = await scene({ workspace: { quota: { per30Seconds: 3, wall } } });
    const refused = (kql: string, who?: AzurePrincipal) => one.query(kql, who).catch((e) => e);
    expect(await refused('AZKVAuditLogs', one.engine)).toMatchObject({
      statusCode: 403,
      code: 'InsufficientAccessError',
    });
    expect(await refused('AZKVAuditLogs | where Nothing == 1')).toMatchObject({ statusCode: 400 });
    expect(await refused('AZKVAuditLogs | where (((')).toMatchObject({ statusCode: 400 });
    expect(await refused('NoTable')).toMatchObject({ statusCode: 400 });
    expect(await refused('AZKVAuditLogs')).toMatchObject({ statusCode: 429 });
  });

  test('an answer over its limit is partial, with HTTP 200', async () => {
    const one = await scene({ workspace: { rowsMax: 3 } });
    for (let number = 0; number < 5; number += 1) one.call('KeyWrap');
    const answer = await one.query('AZKVAuditLogs');
    expect(answer.status).toBe(LogsQueryResultStatus.PartialFailure);
    expect(answer).toMatchObject({ partialError: { code: 'PartialError' } });
    expect(Reflect.get(answer, 'partialTables')[0].rows).toHaveLength(3);
  });

  test('fails as planned: throttled, timed out, cut off, gone', async () => {
    const one = await scene();
    const fault = new AzureFault(504, { code: 'GatewayTimeout', message: 'The request timed out' });
    for (const [planned, expected] of [
      [{ fault }, { statusCode: 504 }],
      [
        { fault: new AzureFault(429, { code: 'ThrottledError', message: 'no' }), retryAfter: 0 },
        { statusCode: 429 },
      ],
      [{ cutAt: 40 }, { message: expect.any(String) }],
      ['reset', { code: expect.any(String) }],
    ] satisfies [AzureLogFault, object][]) {
      one.plan(planned);
      await expect(one.query('AZKVAuditLogs')).rejects.toMatchObject(expected);
    }
    one.plan({ alter: () => ({ status: 200, body: '<html>' }) });
    const answer = await one.query('AZKVAuditLogs').catch((error: unknown) => error);
    expect(Reflect.get(Object(answer), 'tables')?.length ?? 0).toBe(0);
  });
});

describe('an export to blobs', () => {
  const names = async ({ blobs }: Awaited<ReturnType<typeof scene>>, prefix = '') => {
    const found: string[] = [];
    for await (const { name } of blobs.listBlobsFlat({ prefix })) found.push(name);
    return found;
  };

  test('is one blob an hour and resource, which grows by whole lines and is read by range', async () => {
    const one = await scene();
    one.call('KeyWrap');
    const [name = ''] = await names(one);
    expect(name).toBe(
      'resourceId=/SUBSCRIPTIONS/8C2D1A54-0000-4000-8000-3F1E2D7C9B10/RESOURCEGROUPS/ACME-KEYS/PROVIDERS/MICROSOFT.KEYVAULT/MANAGEDHSMS/ACME/y=2026/m=01/d=05/h=10/m=00/PT1H.json',
    );
    const client = one.blobs.getBlobClient(name);
    const first = await client.downloadToBuffer();
    one.clock.jumpTo(startMs + 30 * minute);
    one.call('KeyGet');
    const { contentLength = 0, blobType, etag } = await client.getProperties();
    expect(blobType).toBe('AppendBlob');
    expect(contentLength).toBeGreaterThan(first.length);
    const more = await client.downloadToBuffer(first.length, contentLength - first.length);
    const lines = `${first}${more}`
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ operationName }) => operationName)).toEqual([
      'KeyCreate',
      'KeyWrap',
      'KeyGet',
    ]);
    expect(lines[1]).toMatchObject({
      time: expect.stringMatching(/^2026-01-05T10:00:00\.000\d{4}Z$/),
      category: 'AuditEvent',
      resultType: 'Success',
      properties: { httpStatusCode: 200, isRbacAuthorized: true, clientInfo: noInfo.userAgent },
      identity: { claim: { appid: one.engine.appId } },
    });
    await expect(client.download(contentLength)).rejects.toMatchObject({ statusCode: 416 });
    const conditions = { ifMatch: etag ?? '' };
    one.call('KeyGet');
    await expect(client.download(0, 10, { conditions })).rejects.toMatchObject({ statusCode: 412 });
    one.clock.jumpTo(startMs + hour);
    one.call('KeyWrap');
    expect(await names(one)).toHaveLength(2);
  });

  test('while it grows it may end in the middle of a line, and is whole in the end', async () => {
    const one = await scene({ log: { blockBytes: 512, delayMs: { min: 1000, max: 5 * minute } } });
    for (let number = 0; number < 20; number += 1) {
      one.call('KeyWrap');
      one.clock.jumpTo(one.clock.now() + minute);
    }
    const [name = ''] = await names(one);
    const client = one.blobs.getBlobClient(name);
    const growing = await client.downloadToBuffer();
    expect(growing.length % 512).toBe(0);
    expect(growing.at(-1)).not.toBe('\n'.charCodeAt(0));
    one.clock.jumpTo(startMs + 3 * hour);
    const whole = await client.downloadToBuffer();
    expect(whole.subarray(0, growing.length)).toEqual(growing);
    expect(whole.toString().trimEnd().split('\n')).toHaveLength(21);
  });

  test('is listed page by page, and by folder', async () => {
    const one = await scene({ pageMax: 2 });
    for (let number = 1; number <= 30; number += 1) {
      one.clock.jumpTo(startMs + number * hour);
      one.call('KeyWrap');
    }
    const all = await names(one);
    expect(all).toHaveLength(31);
    expect(all).toEqual(all.toSorted());
    const day = all[0]?.replace(/h=.*/, '').replace('d=05', 'd=06') ?? '';
    expect(await names(one, day)).toHaveLength(17);
    const folders: string[] = [];
    const prefix = day.replace('d=06/', '');
    for await (const item of one.blobs.listBlobsByHierarchy('/', { prefix }))
      folders.push(item.name);
    expect(folders).toEqual([`${prefix}d=05/`, `${prefix}d=06/`]);
  });

  test('is read by the account key or by a reader, and by nobody else', async () => {
    const one = await scene();
    const list = ({ token }: AzurePrincipal) =>
      fetch(`${one.server.url}/${storage.account}/${container}?restype=container&comp=list`, {
        headers: { authorization: `Bearer ${token}` },
      });
    expect(await (await list(one.reader)).text()).toContain('PT1H.json');
    expect((await list(one.engine)).status).toBe(403);
    const key = randomBytes(64).toString('base64');
    const wrong = new BlobServiceClient(
      `${one.server.url}/${storage.account}`,
      new StorageSharedKeyCredential(storage.account, key),
    );
    const listing = wrong.getContainerClient(container).listBlobsFlat().next();
    await expect(listing).rejects.toMatchObject({ code: 'AuthenticationFailed' });
  });
});
