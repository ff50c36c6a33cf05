/** What the sandbox's Cloud KMS and Key Vault have in common with the real ones in time: a change takes a while. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { Delayed } from '../../lib/sandbox/any-cloud/delayed.ts';
import { AzureCloud, type AzureOperation } from '../../lib/sandbox/azure/cloud.ts';
import { GcpCloud } from '../../lib/sandbox/gcp/cloud.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';

const propagationMs = 60_000;
const still = () =>
  new SandboxClock({ wall: systemClock, startMs: Date.UTC(2026, 0, 5), speed: 0 });

test('a delayed value is the last one in force, and who manages it sees the last one asked for', () => {
  const value = new Delayed('a');
  value.change('b', 10);
  value.change('c', 20);
  expect(value.latest).toBe('c');
  expect([0, 9, 10, 19, 20, 30].map((now) => value.at(now))).toEqual([
    'a',
    'a',
    'b',
    'b',
    'c',
    'c',
  ]);
  value.change('d', 40);
  expect([value.at(39), value.latest, value.at(40), value.at(41)]).toEqual(['c', 'd', 'd', 'd']);
});

describe('a key that is disabled is shown so at once, and refused once that is in force', () => {
  test('by Cloud KMS', () => {
    const clock = still();
    const cloud = new GcpCloud({ clock, random: randomBytes, propagationMs });
    const caller = { email: 'o@acme.example', callerIp: '', userAgent: '', reason: null };
    const parent = 'projects/p/locations/l/keyRings/r';
    const name = `${parent}/cryptoKeys/k`;
    cloud.grant('projects/p', 'roles/owner', caller.email);
    cloud.call('CreateCryptoKey', { parent, cryptoKeyId: 'k' }, caller);
    const version = { name: `${name}/cryptoKeyVersions/1`, state: 'DISABLED' };
    expect(cloud.call('UpdateCryptoKeyVersion', { cryptoKeyVersion: version }, caller).state).toBe(
      'DISABLED',
    );
    const encrypt = () => cloud.call('Encrypt', { name, plaintext: Buffer.from('x') }, caller);
    clock.jumpTo(clock.now() + propagationMs - 1);
    expect(encrypt().name).toBe(version.name);
    clock.jumpTo(clock.now() + 1);
    expect(encrypt).toThrow('is not enabled, current state is: DISABLED.');
  });

  test('by a Managed HSM', () => {
    const clock = still();
    const cloud = new AzureCloud({ clock, random: randomBytes, propagationMs, tenantId: 't' });
    const vault = cloud.addVault('acme', 'managed-hsm');
    const owner = cloud.addPrincipal();
    const role = cloud.assign(vault, owner, 'Managed HSM Crypto Officer');
    const info = {
      requestId: '',
      clientRequestId: null,
      userAgent: '',
      callerIp: '',
      requestUri: '',
    };
    const call = (operation: AzureOperation, version: string, body = {}) =>
      cloud.call(vault, owner, { operation, key: 'k', version, body }, info);
    call('KeyCreate', '');
    const value = Buffer.alloc(32).toString('base64url');
    const wrap = () => call('KeyWrap', '', { alg: 'A256KW', value });
    const version = String(wrap().kid).split('/').at(-1) ?? '';
    expect(call('KeyUpdate', version, { attributes: { enabled: false } })).toMatchObject({
      attributes: { enabled: false },
    });
    clock.jumpTo(clock.now() + propagationMs - 1);
    expect(wrap().kid).toContain(version);
    clock.jumpTo(clock.now() + 1);
    expect(wrap).toThrow('is not allowed on a disabled key');
    cloud.unassign(vault, role);
    expect(wrap).toThrow('is not allowed on a disabled key');
    clock.jumpTo(clock.now() + propagationMs);
    expect(wrap).toThrow('Caller is not authorized');
  });
});
