import { createHash } from 'node:crypto';
import { AwsFault } from '../../lib/sandbox/aws/aws-fault.ts';
import { type AwsCloud, createAwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import type { AwsCloudOptions } from '../../lib/sandbox/aws/cloud-options.ts';
import type { Principal } from '../../lib/sandbox/aws/principals.ts';

export const customer = '111122223333';
export const service = '444455556666';
export const startMs = Date.parse('2026-03-01T00:00:00Z');
export const minuteMs = 60_000;

/** The sandbox's time: set it, then act. */
export const time = { nowMs: startMs };
const clock = { now: () => time.nowMs, monotonic: () => time.nowMs };

/** The same bytes in every run: SHA-256 of a counter. */
function seededRandom(): (bytes: number) => Uint8Array {
  let counter = 0;
  return (bytes) => {
    const blocks = Array.from({ length: Math.ceil(bytes / 32) }, () => {
      counter += 1;
      return createHash('sha256').update(String(counter)).digest();
    });
    return Buffer.concat(blocks).subarray(0, bytes);
  };
}

export function newCloud(options: Partial<AwsCloudOptions> = {}): AwsCloud {
  return createAwsCloud({
    clock,
    random: seededRandom(),
    region: 'eu-central-1',
    deliveryLagMs: { min: minuteMs, max: 5 * minuteMs },
    propagationMs: 0,
    ...options,
  });
}

export interface Scene {
  cloud: AwsCloud;
  owner: Principal;
  caller: Principal;
  keyArn: string;
}

export const allow = ['kms:*', 'cloudtrail:LookupEvents'];

/** A customer's key, and a service in another account that may use it. */
export function newScene(options: Partial<AwsCloudOptions> = {}): Scene {
  const cloud = newCloud(options);
  const owner = cloud.addPrincipal({ account: customer, kind: 'user', name: 'admin', allow });
  const role = { account: service, kind: 'role', name: 'keytide' } as const;
  const caller = cloud.addPrincipal({ ...role, sessionName: 'engine-1', allow });
  const names = [customer, `arn:aws:iam::${service}:role/keytide`];
  const statement = { Effect: 'Allow', Principal: { AWS: names }, Action: 'kms:*' };
  const Policy = JSON.stringify({ Statement: statement });
  const keyArn = run(cloud, owner, 'CreateKey', { Policy }).KeyMetadata.Arn;
  return { cloud, owner, caller, keyArn };
}

export function run<O extends string>(
  cloud: AwsCloud,
  principal: Principal,
  operation: O,
  input: Record<string, unknown> = {},
) {
  const kind = operation === 'LookupEvents' ? 'cloudtrail' : 'kms';
  const from = { sourceIp: '127.0.0.7', userAgent: 'engine/1' };
  return cloud.call(principal, { service: kind, operation, input, ...from }).output;
}

export const encrypt = ({ cloud, keyArn }: Scene, principal: Principal) =>
  run(cloud, principal, 'Encrypt', {
    KeyId: keyArn,
    Plaintext: Buffer.from('secret'),
    EncryptionContext: { workspace: 'w1' },
  });

export const records = (cloud: AwsCloud, account: string) =>
  cloud.events(account).map(({ record }) => record);

export function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AwsFault) return error.code;
    throw error;
  }
  return 'none';
}
