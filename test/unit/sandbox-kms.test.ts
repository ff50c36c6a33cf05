import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { AwsFault } from '../../lib/sandbox/aws/aws-fault.ts';
import { type AwsCloud, createAwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import type { AwsCloudOptions } from '../../lib/sandbox/aws/cloud-options.ts';
import type { Principal } from '../../lib/sandbox/aws/principals.ts';

const customer = '111122223333';
const service = '444455556666';
const context = { workspace: 'w1', dek: 'd1' };
const plaintext = Buffer.from('a data encryption key, 32 bytes.');
const dayMs = 86_400_000;

let nowMs = 0;
const clock = { now: () => nowMs, monotonic: () => nowMs };

function newCloud(options: Partial<AwsCloudOptions> = {}): AwsCloud {
  return createAwsCloud({
    clock,
    random: randomBytes,
    region: 'eu-central-1',
    deliveryLagMs: { min: 0, max: 0 },
    propagationMs: 0,
    ...options,
  });
}

const allow = ['kms:*'];
const serviceRole = { account: service, kind: 'role', name: 'keytide' } as const;

/**
 * A key in the customer's account that the service's role may use, as the documented set-up has it.
 */
function sharedKeyPolicy(...extra: object[]): string {
  const statements = [
    { Effect: 'Allow', Principal: { AWS: customer }, Action: 'kms:*', Resource: '*' },
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${service}:role/keytide` },
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:DescribeKey'],
      Resource: '*',
    },
  ];
  return JSON.stringify({ Version: '2012-10-17', Statement: [...statements, ...extra] });
}

let cloud: AwsCloud;
let owner: Principal;
let caller: Principal;
let keyArn: string;

function run<O extends string>(
  principal: Principal,
  operation: O,
  input: Record<string, unknown> = {},
) {
  const request = { operation, input, sourceIp: '127.0.0.1', userAgent: 'test' };
  return cloud.call(principal, { service: 'kms', ...request }).output;
}

function fault(principal: Principal, operation: string, input: Record<string, unknown> = {}) {
  try {
    run(principal, operation, input);
  } catch (error) {
    if (error instanceof AwsFault) return error;
    throw error;
  }
  throw new Error(`${operation} was carried out`);
}

const encrypt = (principal = caller, KeyId = keyArn) =>
  run(principal, 'Encrypt', { KeyId, Plaintext: plaintext, EncryptionContext: context });

const createKey = (Policy?: string) =>
  run(owner, 'CreateKey', Policy === undefined ? {} : { Policy }).KeyMetadata;

function setUp(options: Partial<AwsCloudOptions> = {}) {
  nowMs = Date.parse('2026-03-01T00:00:00Z');
  cloud = newCloud(options);
  owner = cloud.addPrincipal({ account: customer, kind: 'user', name: 'admin', allow });
  caller = cloud.addPrincipal({ ...serviceRole, sessionName: 'engine-1', allow });
  keyArn = createKey(sharedKeyPolicy()).Arn;
}

beforeEach(() => setUp());

describe('principals', () => {
  it('share the role id across sessions and differ in credentials', () => {
    const other = cloud.addPrincipal({ ...serviceRole, sessionName: 'engine-2' });
    expect(caller.principalId).toMatch(/^AROA[A-Z2-7]{17}:engine-1$/);
    expect(other.principalId.split(':')[0]).toBe(caller.principalId.split(':')[0]);
    expect(other.accessKeyId).not.toBe(caller.accessKeyId);
    expect(caller.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(caller.arn).toBe(`arn:aws:sts::${service}:assumed-role/keytide/engine-1`);
    expect(owner.principalId).toMatch(/^AIDA[A-Z2-7]{17}$/);
    expect(owner.sessionToken).toBeNull();
  });

  it('need a session name when they are roles', () => {
    expect(() => cloud.addPrincipal(serviceRole)).toThrow(/sessionName/);
  });
});

describe('Encrypt and Decrypt', () => {
  it('give the plaintext back across accounts, with and without the key named', () => {
    const { CiphertextBlob, KeyId, EncryptionAlgorithm } = encrypt();
    expect(KeyId).toBe(keyArn);
    expect(EncryptionAlgorithm).toBe('SYMMETRIC_DEFAULT');
    const input = { CiphertextBlob, EncryptionContext: { dek: 'd1', workspace: 'w1' } };
    const opened = run(caller, 'Decrypt', input);
    expect(Buffer.from(opened.Plaintext)).toEqual(plaintext);
    expect(opened.KeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
    expect(run(caller, 'Decrypt', { ...input, KeyId: keyArn }).KeyId).toBe(keyArn);
  });

  it('answer a wrong context, and any byte changed, with InvalidCiphertextException', () => {
    const { CiphertextBlob } = encrypt();
    const wrong = { CiphertextBlob, KeyId: keyArn, EncryptionContext: { workspace: 'w2' } };
    expect(fault(caller, 'Decrypt', wrong).code).toBe('InvalidCiphertextException');
    for (let at = 0; at < CiphertextBlob.length; at += 1) {
      const changed = Uint8Array.from(CiphertextBlob);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const input = { CiphertextBlob: changed, KeyId: keyArn, EncryptionContext: context };
      const expected = at > 0 && at < 17 ? 'IncorrectKeyException' : 'InvalidCiphertextException';
      expect(fault(caller, 'Decrypt', input).code).toBe(expected);
    }
    const cut = { CiphertextBlob: CiphertextBlob.subarray(0, 20), EncryptionContext: context };
    expect(fault(caller, 'Decrypt', cut).code).toBe('InvalidCiphertextException');
  });

  it("answer another key's ciphertext with IncorrectKeyException when the key is named", () => {
    const KeyId = createKey(sharedKeyPolicy()).Arn;
    const { CiphertextBlob } = encrypt();
    const input = { CiphertextBlob, KeyId, EncryptionContext: context };
    expect(fault(caller, 'Decrypt', input)).toMatchObject({
      code: 'IncorrectKeyException',
      message: expect.stringContaining('does not identify a CMK'),
      httpStatus: 400,
    });
  });

  it('refuse plaintexts of 0 and of more than 4,096 bytes', () => {
    for (const bytes of [0, 4097]) {
      const input = { KeyId: keyArn, Plaintext: Buffer.alloc(bytes) };
      expect(fault(caller, 'Encrypt', input).code).toBe('ValidationException');
    }
    run(caller, 'Encrypt', { KeyId: keyArn, Plaintext: Buffer.alloc(4096) });
  });

  it('tell unknown keys, aliases and other Regions apart', () => {
    const input = (KeyId: string) => ({ KeyId, Plaintext: plaintext });
    const unknown = keyArn.replace(/key\/.*/, 'key/00000000-0000-4000-8000-000000000000');
    expect(fault(caller, 'Encrypt', input(unknown))).toMatchObject({
      code: 'NotFoundException',
      message: `Key '${unknown}' does not exist`,
    });
    expect(fault(owner, 'Encrypt', input('alias/none')).message).toMatch(/is not found\.$/);
    const elsewhere = keyArn.replace('eu-central-1', 'us-east-1');
    expect(fault(caller, 'Encrypt', input(elsewhere)).message).toBe('Invalid arn us-east-1');
  });

  it('take a bare key id in the own account only', () => {
    const id = keyArn.split('/')[1] ?? '';
    expect(encrypt(owner, id).KeyId).toBe(keyArn);
    expect(fault(caller, 'Encrypt', { KeyId: id, Plaintext: plaintext }).code).toBe(
      'NotFoundException',
    );
  });

  it('check a dry run and carry nothing out', () => {
    const input = { KeyId: keyArn, Plaintext: plaintext, DryRun: true };
    expect(fault(caller, 'Encrypt', input).code).toBe('DryRunOperationException');
  });
});

describe('permissions', () => {
  const input = () => ({ KeyId: keyArn, Plaintext: plaintext });

  it('need the identity as well as the key policy across accounts', () => {
    const bare = cloud.addPrincipal({ ...serviceRole, sessionName: 'bare' });
    expect(fault(bare, 'Encrypt', input())).toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringContaining('no identity-based policy allows the kms:Encrypt action'),
    });
    const stranger = cloud.addPrincipal({
      account: service,
      kind: 'user',
      name: 'stranger',
      allow,
    });
    expect(fault(stranger, 'Encrypt', input()).message).toContain(
      `User: ${stranger.arn} is not authorized to perform: kms:Encrypt on resource: ${keyArn}`,
    );
  });

  it('need only the key policy in the own account where it names the principal', () => {
    const arn = `arn:aws:iam::${customer}:user/named`;
    keyArn = createKey(
      sharedKeyPolicy({ Effect: 'Allow', Principal: { AWS: arn }, Action: 'kms:En*' }),
    ).Arn;
    const named = cloud.addPrincipal({ account: customer, kind: 'user', name: 'named' });
    expect(encrypt(named).KeyId).toBe(keyArn);
    expect(fault(named, 'DescribeKey', { KeyId: keyArn }).code).toBe('AccessDeniedException');
  });

  it('name the key of a refused ciphertext to its own account only', () => {
    const { CiphertextBlob } = encrypt();
    const message = (account: string) => {
      const bare = cloud.addPrincipal({ account, kind: 'user', name: 'bare' });
      return fault(bare, 'Decrypt', { CiphertextBlob, EncryptionContext: context }).message;
    };
    expect(message(customer)).toContain(`kms:Decrypt on resource: ${keyArn} because`);
    expect(message(service)).toContain('on the resource associated with this ciphertext because');
  });

  it('let an explicit deny win over every allow', () => {
    const principal = { AWS: [`arn:aws:iam::${service}:root`] };
    const deny = { Effect: 'Deny', Principal: principal, Action: 'kms:Decrypt', Resource: '*' };
    keyArn = createKey(sharedKeyPolicy(deny)).Arn;
    const { CiphertextBlob } = encrypt();
    const refused = fault(caller, 'Decrypt', { CiphertextBlob, EncryptionContext: context });
    expect(refused.message).toContain('with an explicit deny in a resource-based policy');
  });

  it('deny a key without policy to other accounts', () => {
    keyArn = createKey().Arn;
    expect(fault(caller, 'Encrypt', input()).code).toBe('AccessDeniedException');
    expect(encrypt(owner).KeyId).toBe(keyArn);
  });

  it('keep control operations in the account of the key', () => {
    const root = { AWS: `arn:aws:iam::${service}:root` };
    keyArn = createKey(sharedKeyPolicy({ Effect: 'Allow', Principal: root, Action: 'kms:*' })).Arn;
    for (const operation of ['DisableKey', 'EnableKey', 'ScheduleKeyDeletion']) {
      expect(fault(caller, operation, { KeyId: keyArn }).code).toBe('AccessDeniedException');
    }
    expect(run(caller, 'DescribeKey', { KeyId: keyArn }).KeyMetadata.KeyState).toBe('Enabled');
  });

  it('follow a new key policy once it is in force, and not before', () => {
    setUp({ propagationMs: 60_000 });
    const bare = sharedKeyPolicy().replace('"kms:Encrypt","kms:Decrypt",', '');
    run(owner, 'PutKeyPolicy', { KeyId: keyArn, Policy: bare });
    nowMs += 59_999;
    expect(encrypt().KeyId).toBe(keyArn);
    nowMs += 1;
    expect(fault(caller, 'Encrypt', input()).code).toBe('AccessDeniedException');
    expect(fault(owner, 'PutKeyPolicy', { KeyId: keyArn, Policy: '{' }).code).toBe(
      'MalformedPolicyDocumentException',
    );
    run(owner, 'PutKeyPolicy', { KeyId: keyArn, Policy: sharedKeyPolicy() });
    nowMs += 60_000;
    expect(encrypt().KeyId).toBe(keyArn);
  });

  it('refuse policies with parts that are not understood, rather than granting more', () => {
    const conditional = { Effect: 'Allow', Principal: '*', Action: 'kms:*', Condition: {} };
    for (const Policy of ['{', '{"Statement":1}', sharedKeyPolicy(conditional)]) {
      expect(fault(owner, 'CreateKey', { Policy }).code).toBe('MalformedPolicyDocumentException');
    }
  });
});

describe('the life of a key', () => {
  it('shows a state at once and enforces it after the propagation', () => {
    setUp({ propagationMs: 60_000 });
    run(owner, 'DisableKey', { KeyId: keyArn });
    expect(run(owner, 'DescribeKey', { KeyId: keyArn }).KeyMetadata).toMatchObject({
      KeyState: 'Disabled',
      Enabled: false,
    });
    nowMs += 59_999;
    encrypt();
    nowMs += 1;
    const input = { KeyId: keyArn, Plaintext: plaintext };
    expect(fault(caller, 'Encrypt', input)).toMatchObject({
      code: 'DisabledException',
      message: `${keyArn} is disabled.`,
      httpStatus: 400,
    });
    run(owner, 'EnableKey', { KeyId: keyArn });
    nowMs += 59_999;
    expect(fault(caller, 'Encrypt', input).code).toBe('DisabledException');
    nowMs += 1;
    encrypt();
  });

  it('lets each of two quick changes come into force in its turn', () => {
    setUp({ propagationMs: 60_000 });
    run(owner, 'DisableKey', { KeyId: keyArn });
    nowMs += 1000;
    run(owner, 'EnableKey', { KeyId: keyArn });
    nowMs += 59_000;
    expect(fault(caller, 'Encrypt', { KeyId: keyArn, Plaintext: plaintext }).code).toBe(
      'DisabledException',
    );
    nowMs += 1000;
    encrypt();
  });

  it('goes through pending deletion and back to disabled', () => {
    const { CiphertextBlob } = encrypt();
    const scheduled = run(owner, 'ScheduleKeyDeletion', { KeyId: keyArn, PendingWindowInDays: 7 });
    expect(scheduled.DeletionDate * 1000).toBe(nowMs + 7 * dayMs);
    const input = { CiphertextBlob, EncryptionContext: context };
    expect(fault(caller, 'Decrypt', input)).toMatchObject({
      code: 'KMSInvalidStateException',
      message: `${keyArn} is pending deletion.`,
    });
    expect(fault(owner, 'EnableKey', { KeyId: keyArn }).code).toBe('KMSInvalidStateException');
    run(owner, 'CancelKeyDeletion', { KeyId: keyArn });
    expect(fault(caller, 'Decrypt', input).code).toBe('DisabledException');
    run(owner, 'EnableKey', { KeyId: keyArn });
    expect(Buffer.from(run(caller, 'Decrypt', input).Plaintext)).toEqual(plaintext);
    expect(fault(owner, 'CancelKeyDeletion', { KeyId: keyArn }).code).toBe(
      'KMSInvalidStateException',
    );
  });

  it('ends when the deletion is due', () => {
    run(owner, 'ScheduleKeyDeletion', { KeyId: keyArn, PendingWindowInDays: 7 });
    nowMs += 7 * dayMs;
    expect(fault(owner, 'DescribeKey', { KeyId: keyArn }).code).toBe('NotFoundException');
    expect(cloud.exportState().keys).toHaveLength(0);
  });

  it('survives a restart with its material, state and principals', () => {
    const { CiphertextBlob } = encrypt();
    const state = JSON.parse(JSON.stringify(cloud.exportState()));
    cloud = newCloud({ state });
    const again = cloud.principal(caller.accessKeyId);
    expect(again).toEqual(caller);
    const opened = run(caller, 'Decrypt', { CiphertextBlob, EncryptionContext: context });
    expect(Buffer.from(opened.Plaintext)).toEqual(plaintext);
    const next = cloud.addPrincipal({ ...serviceRole, sessionName: 'engine-3' });
    expect(next.principalId.split(':')[0]).toBe(caller.principalId.split(':')[0]);
  });
});

describe('options', () => {
  it('are refused by name when out of bounds', () => {
    expect(() => newCloud({ deliveryLagMs: { min: 2, max: 1 } })).toThrow(/^deliveryLagMs/);
    expect(() => newCloud({ propagationMs: -1 })).toThrow(/^propagationMs/);
    expect(() => newCloud({ eventsMax: 0 })).toThrow(/^eventsMax/);
    expect(() => newCloud({ region: 'nowhere' })).toThrow(/^region/);
  });
});
