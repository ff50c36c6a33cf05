/** Keys asked of the sandbox of each cloud, through its unchanged SDK: can they be used, by whom, and how much more. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';
import { AwsSide } from '../../lib/sandbox/sides/aws-side.ts';
import { AzureSide } from '../../lib/sandbox/sides/azure-side.ts';
import { GcpSide, gcpEngine } from '../../lib/sandbox/sides/gcp-side.ts';
import type { Side } from '../../lib/sandbox/sides/side.ts';
import { checkAccess } from '../../lib/services/keys/check-access.ts';
import { KeyEngines } from '../../lib/services/keys/key-engines.ts';
import { validatedKey, validateKey } from '../../lib/services/keys/validate-key.ts';
import type { SandboxClient } from '../../lib/services/sandbox-client.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const startMs = Date.UTC(2026, 10, 23, 12);
const hourMs = 3_600_000;

let store: TestStore;
let clock: SandboxClock;
let side: Side | undefined;
let engines: KeyEngines;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(async () => {
  await store.clear();
  clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
});
afterEach(async () => {
  await engines.close();
  await side?.close();
  side = undefined;
});
afterAll(() => store.close());

async function open<S extends Side>(one: S): Promise<S> {
  side = one;
  await one.open();
  await one.goLive();
  const access = async () => ({
    clouds: [one.access()].flatMap((cloud) => cloud ?? []),
    otlp: { url: '', token: '' },
  });
  // Nothing but the way to its clouds is asked of it.
  engines = new KeyEngines(() => ({ access }) as SandboxClient);
  return one;
}

const ctx = () => ({ ...store.ctx, now: async () => clock.now(), engines });
const validate = (key: string) => validateKey({ ctx: ctx(), input: { key } });
const check = (key: string) => checkAccess({ ctx: ctx(), input: { key } });
/** The engine's clock goes on while it asks. */
const expectNear = (at: number | null, asked: number) =>
  expect(Math.abs((at ?? 0) - asked)).toBeLessThan(20_000);
const met = ({ conditions }: Awaited<ReturnType<typeof check>>) => conditions.map((one) => one.met);

const options = () => ({ clock, processes: 1 });
const aws = () => open(new AwsSide(options()));
const gcp = () => open(new GcpSide(options()));
const azure = () => open(new AzureSide(options()));
const each = [
  ['aws', aws],
  ['gcp', gcp],
  ['azure', azure],
] as const;

describe.each(each)('a key of %s', (_, make) => {
  test('is active, then being revoked until the promise ends, then revoked, then active again', async () => {
    const one = await make();
    expect(await validate(one.keyUri)).toMatchObject({ state: 'active', missing: null });
    one.setKey(false);
    clock.jumpTo(startMs + 10 * 60_000);
    const asked = clock.now();
    const first = await validate(one.keyUri);
    expect(first).toMatchObject({
      ...{ state: 'being-revoked', missing: 'key', sinceFrom: 'asked' },
      inForceBy: (first.since ?? 0) + hourMs,
    });
    expectNear(first.since, asked);
    clock.jumpTo(first.inForceBy ?? 0);
    const { since } = first;
    expect(await validate(one.keyUri)).toMatchObject({ state: 'revoked', since });
    one.setKey(true);
    clock.jumpTo(clock.now() + 10 * 60_000);
    expect(await validate(one.keyUri)).toMatchObject({ state: 'active', since: null });
  });

  test('that does not answer is unreachable since it does not', async () => {
    const one = await make();
    await one.close();
    const asked = clock.now();
    const said = await validate(one.keyUri);
    expect(said).toMatchObject({ state: 'unreachable', missing: 'service', inForceBy: null });
    expectNear(said.since, asked);
    const { permissions, conditions } = await check(one.keyUri);
    expect(permissions).toBeNull();
    expect(conditions.every((each) => each.met === 'untold')).toBe(true);
  });

  test('whose identity may wrap and unwrap meets all conditions, and nothing more is named', async () => {
    const one = await make();
    const view = await check(one.keyUri);
    expect(met(view)).toEqual(['yes', 'yes', 'yes']);
    // Azure's least role may read the public key too.
    expect(view.permissions?.more).toEqual(one.cloud === 'azure' ? ['keys/get'] : []);
    expect(view.permissions?.refused.length).toBeGreaterThan(1);
    expect(view.log).toEqual({ state: 'none', lastUseAt: null, gaps: [] });
    expect(view.others).toEqual([]);
  });
});

describe('an identity that may do more', () => {
  test('of AWS has it named, by dry runs that no key material is used for', async () => {
    const one = await aws();
    const { aws: cloud, cast } = one;
    const more = ['kms:GenerateDataKey', 'kms:CreateGrant', 'kms:DescribeKey'];
    const allowed = ['kms:Encrypt', 'kms:Decrypt', ...more];
    Object.assign(cast.guest, { allow: allowed });
    const role = 'arn:aws:iam::100000000001:role/keytide-engine';
    const statements = [
      { Effect: 'Allow', Principal: { AWS: '200000000001' }, Action: 'kms:*', Resource: '*' },
      { Effect: 'Allow', Principal: { AWS: role }, Action: allowed, Resource: '*' },
    ];
    cloud.call(cast.admin, {
      ...{ service: 'kms', operation: 'PutKeyPolicy', sourceIp: '127.0.0.2', userAgent: 'cli' },
      input: { KeyId: one.keyUri, Policy: JSON.stringify({ Statement: statements }) },
    });
    clock.jumpTo(clock.now() + hourMs);
    const { permissions } = await check(one.keyUri);
    expect(permissions?.more.sort()).toEqual([...more].sort());
    expect(permissions?.refused).toEqual([
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:GetKeyPolicy',
    ]);
    expect(permissions?.identity).toContain('assumed-role/keytide-engine');
    expect(permissions?.untold).toContain('kms:ScheduleKeyDeletion');
  });

  test('of Google has it named, also what changes the key', async () => {
    const one = await gcp();
    one.gcp.grant(one.keyName, 'roles/cloudkms.admin', gcpEngine);
    const { permissions } = await check(one.keyUri);
    expect(permissions?.more).toContain('cloudkms.cryptoKeyVersions.destroy');
    expect(permissions?.more).toContain('cloudkms.cryptoKeys.setIamPolicy');
    expect(permissions?.refused).toEqual([]);
  });

  test('of Azure has what can be tried named, and what cannot is said', async () => {
    const one = await azure();
    one.azure.assign(one.cast.vault, one.cast.engine, 'Key Vault Crypto User');
    const { permissions } = await check(one.keyUri);
    expect(permissions?.more).toEqual(['keys/get', 'keys/list', 'keys/encrypt']);
    expect(permissions?.untold).toContain('keys/delete');
  });
});

describe('the condition that is not met is told as far as the cloud tells it', () => {
  test('of AWS the key’s policy, or the identity’s own', async () => {
    const one = await aws();
    const owner = { Effect: 'Allow', Principal: { AWS: '200000000001' }, Action: 'kms:*' };
    one.aws.call(one.cast.admin, {
      ...{ service: 'kms', operation: 'PutKeyPolicy', sourceIp: '127.0.0.2', userAgent: 'cli' },
      input: { KeyId: one.keyUri, Policy: JSON.stringify({ Statement: owner }) },
    });
    clock.jumpTo(clock.now() + hourMs);
    expect(met(await check(one.keyUri))).toEqual(['yes', 'no', 'untold']);
    await one.close();
    await engines.close();
    const other = new AwsSide(options());
    Object.assign(other.cast.guest, { allow: [] });
    await open(other);
    expect(met(await check(other.keyUri))).toEqual(['yes', 'untold', 'no']);
  });

  test('of Google that one of the two is not, of Azure the role assignment', async () => {
    const one = await gcp();
    const resource = one.keyName;
    const policy = { bindings: [] };
    const by = { email: 'key-admin@acme.example', callerIp: '127.0.0.2', userAgent: 'gcloud' };
    one.gcp.call('SetIamPolicy', { resource, policy }, { ...by, reason: null });
    clock.jumpTo(clock.now() + hourMs);
    expect(met(await check(one.keyUri))).toEqual(['yes', 'untold', 'untold']);
    await one.close();
    await engines.close();
    const other = await azure();
    other.azure.unassign(other.cast.vault, other.cast.engineAssignment);
    clock.jumpTo(clock.now() + hourMs);
    const view = await check(other.keyUri);
    expect(met(view)).toEqual(['yes', 'untold', 'no']);
    expect(view.permissions?.identity).toBe(other.cast.engine.objectId);
  });
});

describe('since when a key is refused is told by its log where that has the change', () => {
  const at = Date.UTC(2026, 10, 23, 12);
  const change = (kind: 'key-state' | 'policy', effect: 'takes' | 'gives', changedAt: number) => ({
    ...{
      eventId: `${kind}-${changedAt}`,
      at: changedAt,
      resolutionMs: 1_000,
      operation: '',
      by: '',
    },
    ...{ kind, effect },
  });
  const about = { key: 'k', at, ttlMs: hourMs, propagationMs: 600_000 };
  const refused = { ok: false, state: 'being-revoked', operation: 'Decrypt' } as const;
  const said = (
    missing: 'key' | 'policy',
    changes: Parameters<typeof validatedKey>[1]['changes'],
  ) =>
    validatedKey(
      { ...refused, reason: 'R', missing, since: at, inForceBy: at + hourMs },
      { ...about, changes },
    );

  test('and what was taken two days ago is in full effect', () => {
    const taken = at - 48 * hourMs;
    expect(said('key', [change('key-state', 'takes', taken)])).toMatchObject({
      ...{ state: 'revoked', since: taken, sinceFrom: 'log', inForceBy: taken + hourMs + 600_000 },
    });
  });

  test('and a change of another kind, one that gave, or one that came later is not it', () => {
    const none = { state: 'being-revoked', since: at, sinceFrom: 'asked', inForceBy: at + hourMs };
    expect(said('policy', [change('key-state', 'takes', at - hourMs)])).toMatchObject(none);
    expect(said('key', [change('policy', 'takes', at - hourMs)])).toMatchObject(none);
    expect(said('key', [change('key-state', 'gives', at - hourMs)])).toMatchObject(none);
    expect(said('key', [change('key-state', 'takes', at + 1)])).toMatchObject(none);
  });
});

test('what is no key of a cloud is refused by name', async () => {
  await aws();
  await expect(validate('local:mine')).rejects.toMatchObject({ code: 'bad-request' });
  await expect(validate('arn:aws:s3:::bucket')).rejects.toMatchObject({ code: 'bad-request' });
});
