/** The sandbox's service of messages over each cloud's KMS: what it asks is in that cloud's own log, once. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Sandbox, type SandboxOptions } from '../../lib/sandbox/sandbox.ts';
import type { CloudName } from '../../lib/sandbox/sides/side.ts';
import { keepTelemetry } from '../support/keep-telemetry.ts';
import { emptyBatch } from '../support/records.ts';

const startMs = Date.UTC(2026, 10, 24, 9);
const hour = 3_600_000;
const untilMs = startMs + 3 * hour;
const clouds = ['aws', 'gcp', 'azure'] as const;

let dir: string;
let telemetry = emptyBatch();
let receiver: Awaited<ReturnType<typeof keepTelemetry>>;
let sandbox: Sandbox | undefined;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'sandbox-sides-'));
  telemetry = emptyBatch();
  receiver = await keepTelemetry(telemetry);
});
afterEach(async () => {
  await sandbox?.close();
  sandbox = undefined;
  await receiver.close();
  await rm(dir, { recursive: true });
});

async function laid(chosen: readonly CloudName[], more: Partial<SandboxOptions> = {}) {
  sandbox = new Sandbox({
    startMs,
    seed: 5,
    clouds: chosen,
    messagesPerHour: 120,
    processes: 3,
    otlp: { url: receiver.url, token: 'made-up' },
    plants: [
      { kind: 'stranger', at: startMs + hour, times: 5 },
      { kind: 'suspect', at: startMs + hour },
      { kind: 'audit', at: startMs + hour },
    ],
    ...more,
  });
  await sandbox.layHistory(untilMs, () => {});
  // All that was logged has arrived by then.
  sandbox.clock.jumpTo(untilMs + hour);
  return sandbox;
}

/** A use of a key as each cloud's log has it. */
interface Use {
  cloud: CloudName;
  wraps: boolean;
  /** The claim, or empty. */
  claim: string;
  requestId: string | null;
  address: string;
}

async function usesIn(files: readonly string[]): Promise<Use[]> {
  const uses: Use[] = [];
  for (const file of files) {
    const bytes = await readFile(file);
    if (file.endsWith('.gz')) {
      const { Records } = JSON.parse(gunzipSync(bytes).toString());
      for (const record of Records) uses.push(...awsUse(record));
    } else {
      for (const line of bytes.toString().trimEnd().split('\n')) {
        const record = JSON.parse(line);
        uses.push(...(record.protoPayload ? gcpUse(record.protoPayload) : azureUse(record)));
      }
    }
  }
  return uses;
}

const claimIn = (text: string) => /keytide\/1#\S+/.exec(text)?.[0] ?? '';

function awsUse(record: object): Use[] {
  const { eventName, requestID, userAgent, sourceIPAddress } = Object(record);
  if (!['Encrypt', 'Decrypt'].includes(eventName)) return [];
  const wraps = eventName === 'Encrypt';
  const about = { claim: claimIn(userAgent), requestId: requestID, address: sourceIPAddress };
  return [{ cloud: 'aws', wraps, ...about }];
}

function gcpUse(payload: object): Use[] {
  const { methodName, requestMetadata } = Object(payload);
  if (!['Encrypt', 'Decrypt'].includes(methodName)) return [];
  const { requestAttributes, callerIp } = Object(requestMetadata);
  const { reason = '' } = Object(requestAttributes);
  const wraps = methodName === 'Encrypt';
  return [{ cloud: 'gcp', wraps, claim: claimIn(reason), requestId: null, address: callerIp }];
}

function azureUse(record: object): Use[] {
  const { operationName, correlationId, callerIpAddress, properties } = Object(record);
  if (!['KeyWrap', 'KeyUnwrap'].includes(operationName)) return [];
  const { clientInfo } = Object(properties);
  const about = { requestId: correlationId, address: callerIpAddress };
  return [
    { cloud: 'azure', wraps: operationName === 'KeyWrap', claim: claimIn(clientInfo), ...about },
  ];
}

describe.each(clouds)('over %s', (cloud) => {
  test('every attempt of its engines is in the log once, and nobody else but who was planted', async () => {
    const one = await laid([cloud]);
    const { files, records } = await one.writeLogs(dir);
    const uses = await usesIn(files);
    const attempts = telemetry.attempts.filter(({ sent }) => sent);
    expect(attempts.length).toBeGreaterThan(30);
    expect(records).toBeGreaterThanOrEqual(uses.length);
    const ours = uses.filter(({ claim }) => claim !== '');
    expect(ours).toHaveLength(attempts.length);
    expect(ours.filter(({ wraps }) => wraps)).toHaveLength(
      attempts.filter(({ operation }) => operation === 'Encrypt').length,
    );
    if (cloud !== 'gcp')
      expect(new Set(ours.map(({ requestId }) => requestId))).toEqual(
        new Set(attempts.map(({ requestId }) => requestId)),
      );
    expect(new Set(ours.map(({ claim }) => claim)).size).toBe(attempts.length);
    expect(new Set(ours.map(({ address }) => address)).size).toBe(3);
    // A stranger of five uses, on other clouds a service of theirs beside it with three, and a suspect of three.
    expect(uses.length - ours.length).toBe(cloud === 'aws' ? 8 : 11);
    expect(new Set(telemetry.calls.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
    expect(await one.writeLogs(dir)).toMatchObject({ files: [] });
  });

  test('how late its log is and when a change is in force can be set', async () => {
    const logDelayMs = { min: 2 * hour, max: 2 * hour };
    const one = await laid([cloud], { logDelayMs, propagationMs: hour });
    const sent = telemetry.attempts.filter((attempt) => attempt.sent);
    const comeIn = async () =>
      (await usesIn((await one.writeLogs(dir)).files)).filter(({ claim }) => claim !== '').length;
    const inTime = sent.filter(({ at }) => at <= one.clock.now() - 2 * hour).length;
    expect(inTime).toBeGreaterThan(0);
    expect(inTime).toBeLessThan(sent.length);
    expect(await comeIn()).toBe(inTime);
    const [side] = one.sides;
    const keyUri = side?.keyUri ?? '';
    const provider = side?.provider(0);
    const request = () => ({
      ...{ keyUri, context: { workspace: 'legal', dekId: 'one' }, claim: '' },
      signal: AbortSignal.timeout(10_000),
    });
    const wrapped = (await provider?.wrap(Buffer.alloc(32), request()))?.bytes ?? Buffer.alloc(0);
    one.setKey(keyUri, false);
    one.clock.jumpTo(one.clock.now() + hour - 1);
    await expect(provider?.unwrap(wrapped, request())).resolves.toHaveProperty('bytes');
    one.clock.jumpTo(one.clock.now() + 1);
    await expect(provider?.unwrap(wrapped, request())).rejects.toMatchObject({ kind: 'denied' });
  });

  test('live it goes on with what history left, and a disabled key is refused', async () => {
    const one = await laid([cloud], { messagesPerHour: 600, policy: { ttlMs: 10 * 60_000 } });
    await one.goLive(3600);
    const key = one.sides[0]?.keyUri ?? '';
    expect(one.access()).toEqual([expect.objectContaining({ cloud, key })]);
    const calls = () => telemetry.calls.filter(({ at }) => at > untilMs + hour);
    const until = async (holds: () => boolean) => {
      const deadline = performance.now() + 60_000;
      while (!holds() && performance.now() < deadline) await wait(100);
      expect(holds()).toBe(true);
    };
    await until(() => calls().filter(({ outcome }) => outcome === 'ok').length > 5);
    expect(() => one.setKey('another', false)).toThrow('no key another');
    one.setKey(key, false);
    expect(one.sides.map((side) => one.disabledAt(side))).toEqual([expect.any(Number)]);
    await until(() => calls().some(({ outcome }) => outcome === 'denied'));
    one.setKey(key, true);
    const since = one.clock.now();
    await until(() => calls().some(({ outcome, at }) => outcome === 'ok' && at > since));
  }, 200_000);
});

test('over all clouds each workspace is at one of them, and every cloud has its part', async () => {
  const one = await laid(clouds);
  const uses = await usesIn((await one.writeLogs(dir)).files);
  const keysOf = new Map<string, Set<string>>();
  for (const { workspace, key } of telemetry.attempts)
    keysOf.set(workspace, (keysOf.get(workspace) ?? new Set()).add(key));
  expect(keysOf.size).toBe(10);
  for (const keys of keysOf.values()) expect(keys.size).toBe(1);
  for (const [index, cloud] of clouds.entries()) {
    const key = one.sides[index]?.keyUri;
    const attempts = telemetry.attempts.filter((attempt) => attempt.key === key);
    const ours = uses.filter((use) => use.cloud === cloud && use.claim !== '');
    expect(ours.length).toBeGreaterThan(10);
    expect(ours).toHaveLength(attempts.length);
  }
});
