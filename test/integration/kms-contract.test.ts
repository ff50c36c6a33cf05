/**
 * What the engine relies on in a KMS provider, the same for every cloud: through its unchanged SDK, over its own wire,
 * against its sandbox.
 */
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import {
  createEngine,
  type KekProvider,
  type KmsCall,
  KmsFault,
  type KmsRequest,
  memoryDirectory,
} from '@keytide/crypto-core';
import { localProvider } from '@keytide/crypto-core/providers/local';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { awsRig } from '../support/kms-rigs/aws.ts';
import { azureRig } from '../support/kms-rigs/azure.ts';
import { gcpRig } from '../support/kms-rigs/gcp.ts';
import { type CloudRig, requestFor } from '../support/kms-rigs/rig.ts';

const dek = randomBytes(32);

/** How a call fails; the fault holds no trace of the DEK, however it is printed. */
async function faultOf(work: Promise<unknown>): Promise<KmsFault> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof KmsFault)) throw error ?? new Error('it should have failed');
  const shown = inspect(error, {
    depth: 20,
    showHidden: true,
    breakLength: Number.POSITIVE_INFINITY,
  });
  for (const form of ['hex', 'base64', 'base64url'] as const)
    expect(shown).not.toContain(dek.toString(form).slice(0, 20));
  expect(shown).not.toContain([...dek.subarray(0, 8)].join(', '));
  return error;
}

const wrappedBy = async (provider: KekProvider, request: KmsRequest) =>
  Buffer.from((await provider.wrap(Buffer.from(dek), request)).bytes);

/** What holds of every provider, whether there is a cloud behind it or not. */
function bindingTests(of: () => Pick<CloudRig, 'provider' | 'keyUri' | 'otherKeyUri'>): void {
  const unwrap = (wrapped: Uint8Array, changes: Partial<KmsRequest> = {}) =>
    of().provider.unwrap(wrapped, requestFor(of().keyUri, changes));
  const wrap = () => wrappedBy(of().provider, requestFor(of().keyUri));

  test('unwraps what it wrapped, which holds no plaintext', async () => {
    for (const length of [32, 40, 64]) {
      const plaintext = randomBytes(length);
      const { provider, keyUri } = of();
      const request = requestFor(keyUri);
      const { bytes } = await provider.wrap(plaintext, request);
      expect(Buffer.from(bytes).includes(plaintext)).toBe(false);
      const opened = await provider.unwrap(bytes, request);
      expect(Buffer.compare(opened.bytes, plaintext)).toBe(0);
    }
  });

  test.each([
    ['workspace', { workspace: 'beta', dekId: '0f'.repeat(16) }],
    ['DEK', { workspace: 'acme', dekId: '0e'.repeat(16) }],
  ])('says wrong key of another %s', async (__, context) => {
    expect(await faultOf(unwrap(await wrap(), { context }))).toMatchObject({
      kind: 'wrong-key',
      sent: true,
    });
  });

  test('says wrong key under another key of the same owner that is in use', async () => {
    const { provider, otherKeyUri } = of();
    await wrappedBy(provider, requestFor(otherKeyUri));
    const fault = await faultOf(unwrap(await wrap(), { keyUri: otherKeyUri }));
    expect(fault).toMatchObject({ kind: 'wrong-key', sent: true });
  });

  test('says wrong key of an eDEK that was changed or cut', async () => {
    const wrapped = await wrap();
    for (const at of [0, 1, 20, wrapped.length - 1]) {
      const changed = Buffer.from(wrapped);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect((await faultOf(unwrap(changed))).kind).toBe('wrong-key');
    }
    const cut = await faultOf(unwrap(wrapped.subarray(0, wrapped.length - 8)));
    expect(cut.kind).toBe('wrong-key');
  });
}

/** What a refusal says is missing, where the cloud tells more than that it refuses. */
const deniedBy = new Map([
  ['aws', 'policy'],
  ['azure', 'assignment'],
]);

describe('local', () => {
  const provider = localProvider({ secret: randomBytes(32) });
  bindingTests(() => ({ provider, keyUri: 'local:one', otherKeyUri: 'local:two' }));
});

describe.each([
  ['aws', awsRig],
  ['gcp over gRPC', () => gcpRig('grpc')],
  ['gcp over REST', () => gcpRig('rest')],
  ['azure, a vault', () => azureRig('vault')],
  ['azure, a Managed HSM', () => azureRig('managed-hsm')],
] as const)('%s', (_, open) => {
  let rig: CloudRig;
  let request: KmsRequest;
  let wrapped: Buffer;
  beforeAll(async () => {
    rig = await open();
    request = requestFor(rig.keyUri);
    wrapped = await wrappedBy(rig.provider, request);
  });
  afterAll(() => rig?.close());
  beforeEach(() => rig.answerWell());

  const unwrap = (changes: Partial<KmsRequest> = {}, bytes = wrapped) =>
    rig.provider.unwrap(bytes, { ...request, ...changes });

  bindingTests(() => rig);

  test('needs no permission but to encrypt and decrypt', async () => {
    expect(Buffer.compare((await unwrap()).bytes, dek)).toBe(0);
  });

  test('says denied of a key that is disabled, and forgets it when it is enabled', async () => {
    rig.disable();
    try {
      expect(await faultOf(unwrap())).toMatchObject({ kind: 'denied', sent: true });
      const wrapping = rig.provider.wrap(Buffer.from(dek), request);
      if (rig.wrapsWhileDisabled) expect((await wrapping).bytes.length).toBeGreaterThan(dek.length);
      else expect(await faultOf(wrapping)).toMatchObject({ kind: 'denied', sent: true });
    } finally {
      rig.enable();
    }
    expect(Buffer.compare((await unwrap()).bytes, dek)).toBe(0);
  });

  test('says denied where the identity may not', async () => {
    const { denied } = rig;
    expect(await faultOf(denied.wrap(Buffer.from(dek), request))).toMatchObject({
      kind: 'denied',
      sent: true,
    });
    expect(await faultOf(denied.unwrap(wrapped, request))).toMatchObject({
      kind: 'denied',
      sent: true,
    });
  });

  test('says denied of a key that there is not', async () => {
    const fault = await faultOf(rig.provider.wrap(Buffer.from(dek), requestFor(rig.missing)));
    expect(fault).toMatchObject({ kind: 'denied', sent: true });
  });

  test('says denied, unsent, of what names no key of this cloud', async () => {
    for (const keyUri of ['local:key/1', 'key/1', `${rig.keyUri} x`])
      expect(await faultOf(unwrap({ keyUri }))).toMatchObject({
        kind: 'denied',
        reason: 'InvalidKeyUri',
        sent: false,
      });
  });

  test('goes on unwrapping what was wrapped before a rotation, and wraps under the new material', async () => {
    rig.rotate();
    expect(Buffer.compare((await unwrap()).bytes, dek)).toBe(0);
    const later = await wrappedBy(rig.provider, request);
    expect(Buffer.compare((await unwrap({}, later)).bytes, dek)).toBe(0);
  });

  test('takes the key by its other name too', async () => {
    const named = { ...request, keyUri: rig.alias };
    const underAlias = await wrappedBy(rig.provider, named);
    expect(Buffer.compare((await unwrap({}, underAlias)).bytes, dek)).toBe(0);
    expect(Buffer.compare((await rig.provider.unwrap(wrapped, named)).bytes, dek)).toBe(0);
  });

  test.each(['throttle', 'fail', 'reset'] as const)(
    'calls it an outage when the service does %s, asking once',
    async (how) => {
      rig[how]();
      for (const work of [() => unwrap(), () => rig.provider.wrap(Buffer.from(dek), request)]) {
        const before = rig.seen().length;
        expect(await faultOf(work())).toMatchObject({ kind: 'outage', sent: true });
        expect(rig.seen()).toHaveLength(before + 1);
      }
    },
  );

  test('calls it an outage, never sent, where nobody listens', async () => {
    const fault = await faultOf(rig.unreachable.unwrap(wrapped, request));
    expect(fault).toMatchObject({ kind: 'outage', sent: false });
  });

  test('ends when it is given up, and says whether the request was sent', async () => {
    rig.hang();
    const begun = performance.now();
    const giveUp = new AbortController();
    setTimeout(() => giveUp.abort(), 300);
    const fault = await faultOf(unwrap({ signal: giveUp.signal }));
    expect(fault).toMatchObject({ kind: 'outage', reason: 'AttemptTimeout', sent: true });
    expect(performance.now() - begun).toBeLessThan(1_500);
    expect((await faultOf(unwrap({ signal: AbortSignal.abort() }))).kind).toBe('outage');
  });

  test('takes no wrong answer', async () => {
    expect(rig.wrongAnswers.length).toBeGreaterThan(0);
    for (const { title, operation, arm, kind, reason } of rig.wrongAnswers) {
      arm();
      const work = operation === 'wrap' ? rig.provider.wrap(Buffer.from(dek), request) : unwrap();
      const { kind: said, reason: why } = await faultOf(work);
      expect({ title, kind: said, reason: why }).toEqual({ title, kind, reason });
      rig.answerWell();
    }
  });

  test('carries a claim of its own in each attempt, and tells each attempt’s id', async () => {
    const calls: KmsCall[] = [];
    let attempts = 0;
    const counting: KekProvider = {
      name: rig.provider.name,
      unwrap: rig.provider.unwrap,
      wrap: (plaintext, given) => {
        attempts += 1;
        if (attempts < 3) rig.throttle();
        else rig.answerWell();
        return rig.provider.wrap(plaintext, given);
      },
    };
    const engine = createEngine({
      provider: counting,
      directory: memoryDirectory(),
      keyFor: () => rig.keyUri,
      process: 'api-1',
      policy: { backoffMs: 1 },
      telemetry: [{ attach: () => {}, call: (call) => calls.push(call), close: async () => {} }],
    });
    const before = rig.seen().length;
    await engine.encrypt(Buffer.from('body'), { workspace: 'acme' });
    const seen = rig.seen().slice(before);
    const [call] = calls;
    expect(seen.map(({ claim }) => claim.replace(/#[^#]*$/, ''))).toEqual(
      [1, 2, 3].map((n) => `keytide/1#api-1.${engine.boot}.1.${n}#dek.first`),
    );
    expect(call?.attempts.map(({ requestId }) => requestId ?? null)).toEqual(
      seen.map(({ id }) => id),
    );
    await engine.close();
    expect(call?.attempts.map(({ outcome }) => outcome)).toEqual(['outage', 'outage', 'ok']);
  });

  test('lets a validation say what is missing', async () => {
    const validation = async ({ name, wrap, unwrap: open }: KekProvider) => {
      const engine = createEngine({
        provider: { name, wrap, unwrap: open },
        directory: memoryDirectory(),
        keyFor: () => rig.keyUri,
        process: 'api-1',
        policy: { attemptsMax: 1 },
      });
      const result = await engine.validate('acme');
      await engine.close();
      return result;
    };
    expect(await validation(rig.provider)).toEqual({ ok: true, state: 'active' });
    const missing = deniedBy.get(rig.provider.name) ?? 'permission';
    expect(await validation(rig.denied)).toMatchObject({ ok: false, missing });
    expect(await validation(rig.unreachable)).toMatchObject({ ok: false, missing: 'service' });
    rig.disable();
    const disabled = await validation(rig.provider);
    rig.enable();
    expect(disabled).toMatchObject({
      ok: false,
      missing: 'key',
      operation: rig.wrapsWhileDisabled ? 'Decrypt' : 'Encrypt',
    });
    expect(disabled).toHaveProperty('inForceBy');
  });

  test('says denied of a key whose deletion is scheduled and of one that is gone', async () => {
    const takeBack = rig.scheduleDeletion();
    expect(await faultOf(unwrap())).toMatchObject({ kind: 'denied', sent: true });
    takeBack();
    expect(Buffer.compare((await unwrap()).bytes, dek)).toBe(0);
    rig.scheduleDeletion();
    rig.endDeletion();
    expect(await faultOf(unwrap())).toMatchObject({ kind: 'denied', sent: true });
  });
});
