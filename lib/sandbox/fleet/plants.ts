import type { AwsCloud } from '../aws/cloud.ts';
import type { Principal } from '../aws/principals.ts';
import type { Cast } from './accounts.ts';

const strangerUses = 12;
const suspectUses = 3;
const userAgent = 'Boto3/1.40';

/** A second principal of the customer encrypts and reads back its own export with the same key. */
export function plantStranger(cloud: AwsCloud, cast: Cast, times = strangerUses): void {
  use(cloud, {
    principal: cast.stranger,
    keyArn: cast.keyArn,
    sourceIp: '127.0.0.77',
    times,
  });
}

/** The service's own role, from another address and without a claim. */
export function plantSuspect(cloud: AwsCloud, cast: Cast): void {
  use(cloud, {
    principal: cast.suspect,
    keyArn: cast.keyArn,
    sourceIp: '127.0.0.66',
    times: suspectUses,
  });
}

/** The customer's administrator looks at the key. */
export function plantAudit(cloud: AwsCloud, { admin, keyArn }: Cast): void {
  const input = { KeyId: keyArn };
  cloud.call(admin, {
    service: 'kms',
    operation: 'DescribeKey',
    input,
    sourceIp: '127.0.0.2',
    userAgent: 'aws-cli/2',
  });
}

function use(
  cloud: AwsCloud,
  by: { principal: Principal; keyArn: string; sourceIp: string; times: number },
): void {
  const { principal, keyArn, sourceIp } = by;
  const about = { service: 'kms', sourceIp, userAgent } as const;
  const input = { KeyId: keyArn, Plaintext: Buffer.from('an export of its own') };
  const { output } = cloud.call(principal, { ...about, operation: 'Encrypt', input });
  for (let number = 1; number < by.times; number += 1) {
    const wrapped = { KeyId: keyArn, CiphertextBlob: output.CiphertextBlob };
    cloud.call(principal, { ...about, operation: 'Decrypt', input: wrapped });
  }
}
