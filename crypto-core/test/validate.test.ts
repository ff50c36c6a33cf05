import { describe, expect, test } from 'vitest';
import { codeOf, coldPeer, fault, harness, hourMs, keyUri, outcomes, secondMs } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

describe('validate', () => {
  test('makes one Encrypt and one Decrypt under the registered key, and no lookup', async () => {
    const { engine, kms, sink } = harness();
    expect(await engine.validate(workspace)).toEqual({ ok: true, state: 'active' });
    expect(kms.seen.map((call) => [call.operation, call.keyUri])).toEqual([
      ['Encrypt', keyUri],
      ['Decrypt', keyUri],
    ]);
    expect(kms.seen[0]?.context).toEqual(kms.seen[1]?.context);
    expect(sink.calls).toMatchObject([
      { seq: 1, cause: 'validate', path: 'validate', operation: 'Encrypt', outcome: 'ok' },
      { seq: 2, cause: 'validate', path: 'validate', operation: 'Decrypt', outcome: 'ok' },
    ]);
    expect(sink.last()).not.toHaveProperty('leaseEndsAt');
    expect(outcomes(engine)).toEqual({});
    expect(engine.snapshot().deks).toEqual([]);
  });

  test.each([
    ['denied', 'AccessDeniedException', 'permission', true],
    ['denied', 'ForbiddenByFirewall', 'network', true],
    ['denied', 'DisabledException', 'key', true],
    ['denied', 'KMSInvalidStateException', 'key', true],
    ['denied', 'NotFoundException', 'key', true],
    ['outage', 'ExpiredTokenException', 'credentials', false],
    ['outage', 'CredentialsProviderError', 'credentials', false],
    ['outage', 'ThrottlingException', 'service', false],
  ] as const)('answers %s %s with: %s is missing', async (kind, reason, missing, dated) => {
    for (const operation of ['Encrypt', 'Decrypt'] as const) {
      const { engine, kms, runtime } = harness({ policy: { ttlMs: hourMs, attemptsMax: 1 } });
      kms.always(operation, fault(kind, reason));
      const since = runtime.now();
      const inForceBy = dated ? { inForceBy: since + hourMs } : {};
      const state = dated ? 'being-revoked' : 'unreachable';
      const expected = { ok: false, state, since, operation, missing, reason, ...inForceBy };
      expect(await engine.validate(workspace)).toEqual(expected);
      expect(kms.seen).toHaveLength(operation === 'Encrypt' ? 1 : 2);
    }
  });

  test('says of a refusal since when it is, and when it is in force everywhere, until it is', async () => {
    const { engine, kms, runtime } = harness({ policy: { ttlMs: hourMs, attemptsMax: 1 } });
    const envelope = await engine.encrypt(plaintext, { workspace });
    kms.always('Encrypt', fault('denied', 'DisabledException'));
    kms.always('Decrypt', fault('denied', 'DisabledException'));
    const since = runtime.now();
    const inForceBy = since + hourMs;
    expect(await engine.validate(workspace)).toMatchObject({ state: 'being-revoked', since });
    runtime.advance(hourMs - secondMs);
    const late = { state: 'being-revoked', since, inForceBy };
    expect(await engine.validate(workspace)).toMatchObject(late);
    runtime.advance(secondMs);
    expect(await engine.validate(workspace)).toMatchObject({ ...late, state: 'revoked' });
    kms.always('Encrypt', fault('outage', 'ThrottlingException'));
    expect(await engine.validate(workspace)).toMatchObject({
      state: 'unreachable',
      since: runtime.now(),
    });
    kms.always('Encrypt', undefined);
    kms.always('Decrypt', undefined);
    expect(await engine.validate(workspace)).toEqual({ ok: true, state: 'active' });
    runtime.advance(secondMs * 10);
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
    kms.always('Encrypt', fault('denied', 'DisabledException'));
    expect(await engine.validate(workspace)).toMatchObject({ since: runtime.now() });
  });

  test('says that the key is wrong where it does not give back what was wrapped', async () => {
    const { kms } = harness();
    const unwrap = async () => ({ bytes: Buffer.alloc(32) });
    const { engine, runtime } = harness({
      provider: { name: 'liar', wrap: kms.wrap.bind(kms), unwrap },
    });
    expect(await engine.validate(workspace)).toEqual({
      ok: false,
      state: 'unreachable',
      since: runtime.now(),
      operation: 'Decrypt',
      missing: 'key',
      reason: 'NotWhatWasWrapped',
    });
  });

  test('that finds Decrypt denied drops the key’s DEKs; Encrypt denied drops none', async () => {
    const { engine, kms } = harness();
    const envelope = await engine.encrypt(plaintext, { workspace });
    kms.next('Encrypt', 'denied');
    await engine.validate(workspace);
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
    kms.next('Decrypt', 'denied');
    await engine.validate(workspace);
    expect(engine.snapshot().deks).toEqual([]);
    expect(await codeOf(engine.decrypt(envelope, { workspace }))).toBe('denied');
  });

  test('asks the KMS though a denial is remembered, and its success ends that memory', async () => {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { engine, kms, runtime } = coldPeer(writer);
    kms.next('Decrypt', 'denied');
    await codeOf(engine.decrypt(envelope, { workspace }));
    runtime.advance(secondMs);
    expect(await codeOf(engine.decrypt(envelope, { workspace }))).toBe('denied');
    expect(await engine.validate(workspace)).toEqual({ ok: true, state: 'active' });
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
  });
});
