/** Cloud Logging read as it grows, through the real client, from the sandbox's. */
import { randomBytes } from 'node:crypto';
import { credentials } from '@grpc/grpc-js';
import { gcpProvider } from '@keytide/crypto-core/providers/gcp';
import { OAuth2Client } from 'google-auth-library';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { GcpAuditLog } from '../../lib/sandbox/gcp/audit-log.ts';
import { GcpCloud } from '../../lib/sandbox/gcp/cloud.ts';
import {
  type GcpServer,
  type GcpServerFault,
  startGcpServer,
} from '../../lib/sandbox/gcp/server.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';
import { checkLog } from '../../lib/services/intake/check-log.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { pollLog } from '../../lib/services/intake/poll-log.ts';
import { cloudLoggingReader } from '../../lib/sources/gcp-logging/entries-reader.ts';
import type { LogReader } from '../../lib/sources/log-reader.ts';
import { readAuditSources } from '../../lib/store/entities/audit-sources.ts';
import { attemptRecord, callRecord, emptyBatch } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const project = 'acme-prod';
const ring = `projects/${project}/locations/eur4/keyRings/tide`;
const key = `${ring}/cryptoKeys/one`;
const owner = { email: 'owner@acme.example', callerIp: '10.0.0.1', userAgent: 'gcloud' };
const engine = {
  email: 'engine@service.iam.gserviceaccount.com',
  callerIp: '10.0.0.7',
  userAgent: 'keytide/1 grpc-node-js/1.14.7',
};
const startMs = Date.UTC(2026, 10, 23, 12);
const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
const sourceId = `cloud-logging:${project}`;

let store: TestStore;
let clock: SandboxClock;
let log: GcpAuditLog;
let cloud: GcpCloud;
let server: GcpServer;
let reader: LogReader;
let fault: (() => GcpServerFault | undefined) | undefined;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

beforeEach(async () => {
  await store.clear();
  fault = undefined;
  clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
  const common = { clock, random: randomBytes };
  const delayMs = { min: 1_000, max: 2 * minuteMs };
  log = new GcpAuditLog({ ...common, delayMs, project, repeatShare: 0.2, dataAccess: true });
  cloud = new GcpCloud({ ...common, propagationMs: 0, journal: (one) => log.write(one) });
  cloud.grant(`projects/${project}`, 'roles/owner', owner.email);
  cloud.grant(`projects/${project}`, 'roles/logging.privateLogViewer', 'reader@acme.example');
  cloud.grant(`projects/${project}`, 'roles/iam.securityReviewer', 'reader@acme.example');
  cloud.call('CreateCryptoKey', { parent: ring, cryptoKeyId: 'one' }, { ...owner, reason: null });
  cloud.grant(key, 'roles/cloudkms.cryptoKeyEncrypterDecrypter', engine.email);
  const logging = { log };
  server = await startGcpServer({
    cloud,
    logging,
    caller: 'reader@acme.example',
    faults: () => fault?.(),
  });
  reader = readerFor();
});
afterEach(async () => {
  reader.close();
  await server.close();
});

function readerFor(pageSize = 10, pagesMax = 100, answerMsMax = 60_000): LogReader {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: 't', expiry_date: Date.now() + dayMs });
  const port = server.grpcPort;
  const wire = { port, sslCreds: credentials.createInsecure(), authClient };
  return cloudLoggingReader({
    project,
    adminUrl: `http://127.0.0.1:${server.restPort}`,
    pageIntervalMs: 0,
    pageSize,
    pagesMax,
    answerMsMax,
    sleep: async () => {},
    client: { apiEndpoint: '127.0.0.1', ...wire },
  });
}

/** Uses the key so often, a second apart, every fifth time by one who may not. */
function happen(times: number): void {
  for (let time = 1; time <= times; time += 1) {
    const caller = time % 5 === 0 ? { ...engine, email: 'nobody@acme.example' } : engine;
    const reason = `keytide/1#engine-1.boot0001.${time}.1#load.first#${'0'.repeat(16)}`;
    try {
      cloud.call('Encrypt', { name: key, plaintext: Buffer.from('x') }, { ...caller, reason });
    } catch {
      // It is the log that counts.
    }
    clock.jumpTo(clock.now() + 1_000);
  }
}

async function poll(with_ = reader): Promise<number> {
  store.setNow(clock.now());
  return pollLog({ ctx: store.ctx, input: { reader: with_, sourceId, startMs } });
}

const source = async () => (await readAuditSources(store.ctx.db)).find(({ id }) => id === sourceId);

interface Kept {
  operation: string;
  key: string;
  principal: string;
  error: string | null;
  seq: number | null;
  time: string;
}
const kept = () =>
  store.query<Kept>(
    `SELECT operation, key, principal, error_code AS error, claim_seq::float8 AS seq, facts->>'time' AS time
     FROM audit_event ORDER BY at, event_id`,
  );

test('every entry comes in once, with nanoseconds, whatever arrives late, twice or out of order', async () => {
  let added = 0;
  for (let round = 0; round < 4; round += 1) {
    happen(30);
    added += await poll();
  }
  clock.jumpTo(clock.now() + 10 * minuteMs);
  added += await poll();
  const events = await kept();
  expect(added).toBe(121);
  expect(events).toHaveLength(121);
  expect(events[0]).toMatchObject({ operation: 'CreateCryptoKey', key: `gcp-kms:${key}` });
  const uses = events.slice(1);
  expect(uses.map(({ seq }) => seq)).toEqual(
    [0, 1, 2, 3].flatMap(() => Array.from({ length: 30 }, (_, at) => at + 1)),
  );
  for (const { time } of uses) expect(time).toMatch(/\.\d{9}Z$/);
  const refused = uses.filter(({ error }) => error !== null);
  expect(refused).toHaveLength(24);
  expect(new Set(refused.map(({ error }) => error))).toEqual(new Set(['PERMISSION_DENIED']));
  expect(new Set(refused.map(({ principal }) => principal))).toEqual(
    new Set(['nobody@acme.example']),
  );
  const health = await source();
  expect(health).toMatchObject({ kind: 'cloud-logging', status: 'ok', cursorAt: clock.now() });
  expect(health?.lagMs).toBeGreaterThan(0);
});

test('what fails half-way for longer is said and read again, and nothing twice', async () => {
  happen(40);
  clock.jumpTo(clock.now() + 10 * minuteMs);
  let asked = 0;
  fault = () => {
    asked += 1;
    return asked >= 3 ? { status: 'unavailable', message: 'away' } : undefined;
  };
  await expect(poll()).rejects.toMatchObject({ code: 'unavailable' });
  expect((await kept()).length).toBeGreaterThan(0);
  fault = undefined;
  expect(await source()).toMatchObject({ status: 'failed', cursorAt: null });
  await poll();
  expect(await kept()).toHaveLength(41);
});

test('more than can be read is said, with what to do, and the cursor stays', async () => {
  happen(40);
  clock.jumpTo(clock.now() + 10 * minuteMs);
  const small = readerFor(10, 2);
  await poll(small);
  small.close();
  expect(await source()).toMatchObject({
    status: 'behind',
    cursorAt: null,
    message: expect.stringContaining('sink'),
  });
});

test('a log that never answers is given up, and the next reading has it all', async () => {
  happen(5);
  clock.jumpTo(clock.now() + 10 * minuteMs);
  fault = () => ({ delayMs: 20_000 });
  const impatient = readerFor(10, 100, 1_000);
  await expect(poll(impatient)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('did not answer within 1 s'),
  });
  impatient.close();
  fault = undefined;
  await poll();
  expect(await kept()).toHaveLength(6);
});

test('a log without Data Access is found where calls were made, with its fix', async () => {
  log.change({ dataAccess: false });
  happen(5);
  const call = callRecord({ at: startMs, seq: 1, key: `gcp-kms:${key}` });
  const attempts = [attemptRecord(call, { requestId: null })];
  await ingestTelemetry({ ctx: store.ctx, input: { ...emptyBatch(), calls: [call], attempts } });
  clock.jumpTo(clock.now() + 10 * minuteMs);
  await poll();
  expect((await source())?.message).toMatch(/DATA_READ.*privateLogViewer/);
  log.change({ dataAccess: true });
  happen(5);
  clock.jumpTo(clock.now() + 10 * minuteMs);
  await poll();
  expect(await source()).toMatchObject({ status: 'ok', message: null });
});

describe('what the project leaves out is named, with what mends it', () => {
  const codes = async () => (await source())?.gaps.map(({ code }) => code);
  /** Another one reads, who has these roles. */
  const readAs = async (caller: string, ...roles: string[]) => {
    for (const role of roles) cloud.grant(`projects/${project}`, role, caller);
    reader.close();
    await server.close();
    server = await startGcpServer({ cloud, logging: { log }, caller });
    reader = readerFor();
  };

  test('nothing, where it leaves nothing out', async () => {
    happen(3);
    clock.jumpTo(clock.now() + 10 * minuteMs);
    await poll();
    expect(await codes()).toEqual([]);
  });

  test('Data Access that is off, until it is on', async () => {
    log.change({ dataAccess: false });
    happen(3);
    await poll();
    expect((await source())?.gaps).toEqual([
      {
        code: 'data-access-off',
        evidence: expect.stringContaining('no DATA_READ for cloudkms.googleapis.com'),
        fix: expect.stringContaining(`gcloud projects set-iam-policy ${project} policy.json`),
      },
    ]);
    log.change({ dataAccess: true });
    await poll();
    expect(await codes()).toEqual([]);
  });

  test('exempted members, by name', async () => {
    log.change({ exemptedMembers: [engine.email] });
    await poll();
    expect(await codes()).toEqual(['exempted']);
    expect((await source())?.gaps[0]?.evidence).toContain(engine.email);
  });

  test('an exclusion of the sink, by its filter; one of other entries is none', async () => {
    log.change({ exclusion: 'protoPayload.methodName="Encrypt" AND resource.type="gce_instance"' });
    await poll();
    expect(await codes()).toEqual([]);
    log.change({ exclusion: 'protoPayload.serviceName="cloudkms.googleapis.com"' });
    await poll();
    expect(await codes()).toEqual(['excluded']);
    expect((await source())?.gaps[0]?.fix).toContain('--remove-exclusions=excluded');
  });

  test('a reader who may not see Data Access, and one who may not read at all', async () => {
    happen(3);
    await readAs('guest@acme.example', 'roles/logging.viewer');
    await poll();
    expect(await codes()).toEqual(['not-private']);
    await readAs('nobody@acme.example');
    await expect(poll()).rejects.toMatchObject({ code: 'forbidden' });
    expect(await codes()).toEqual(['no-permission']);
    expect((await source())?.gaps[0]?.fix).toContain('roles/logging.privateLogViewer');
  });

  test('what was lost to time, also once it is read again', async () => {
    happen(3);
    clock.jumpTo(clock.now() + 10 * minuteMs);
    await poll();
    clock.jumpTo(clock.now() + 40 * dayMs);
    await poll();
    expect(await codes()).toEqual(['retention']);
    clock.jumpTo(clock.now() + minuteMs);
    await poll();
    expect(await codes()).toEqual(['retention']);
  });
});

test.each([
  [true, { knownBy: 'claim', claimIn: 'reason', missing: [] }],
  [false, { knownBy: 'time', claimIn: null, missing: [expect.stringContaining('confidence')] }],
])('a marked Encrypt is found, and whether its claim survives: %s', async (records, expected) => {
  reader.close();
  await server.close();
  const common = { clock, random: randomBytes };
  const delayMs = { min: 30_000, max: 30_000 };
  log = new GcpAuditLog({ ...common, delayMs, project, dataAccess: true, recordsReasons: records });
  cloud = new GcpCloud({ ...common, propagationMs: 0, journal: (one) => log.write(one) });
  cloud.grant(`projects/${project}`, 'roles/owner', owner.email);
  server = await startGcpServer({ cloud, logging: { log }, caller: owner.email });
  cloud.call('CreateCryptoKey', { parent: ring, cryptoKeyId: 'one' }, { ...owner, reason: null });
  reader = readerFor();
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: 't', expiry_date: Date.now() + dayMs });
  const port = server.grpcPort;
  const wire = { port, sslCreds: credentials.createInsecure(), authClient };
  const provider = gcpProvider({ apiEndpoint: '127.0.0.1', projectId: project, ...wire });
  const check = await checkLog({
    ctx: { ...store.ctx, now: async () => clock.now() },
    input: {
      ...{ key: `gcp-kms:${key}`, provider, reader, sourceId, everyMs: 10_000 },
      waitMsMax: 600_000,
      // Whoever waits lets time pass.
      sleep: async (ms) => clock.jumpTo(clock.now() + ms),
    },
  });
  expect(check).toMatchObject({ ...expected, principal: owner.email });
  expect(check.afterMs).toBeGreaterThanOrEqual(30_000);
  const [kept] = await store.query<{ value: object }>(
    `SELECT value FROM setting WHERE name = 'check:${sourceId}'`,
  );
  expect(kept?.value).toMatchObject(expected.missing.length === 0 ? { claimIn: 'reason' } : {});
});
