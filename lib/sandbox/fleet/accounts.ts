/** Who is who in the sandbox: a customer's account that holds the key, and a service's account that calls across. */
import type { AwsCloud } from '../aws/cloud.ts';
import type { Principal } from '../aws/principals.ts';

export const customerAccount = '200000000001';
export const serviceAccount = '100000000001';
const serviceRole = 'keytide-engine';
const policyRole = `arn:aws:iam::${serviceAccount}:role/${serviceRole}`;

export interface Cast {
  keyArn: string;
  /** The customer's administrator: owns, disables and describes the key. */
  admin: Principal;
  /** The customer's auditor: reads CloudTrail. */
  auditor: Principal;
  /** A second principal of the customer that uses the key: the planted stranger. */
  stranger: Principal;
  /** One session of the service's role for each engine process. */
  engines: Principal[];
  /** The service's role in other hands, without a claim: the planted suspect. */
  suspect: Principal;
  /** A session of the service's role for an engine that is not the sandbox's own. */
  guest: Principal;
}

/** Creates the customer's key and every principal. */
export function castOf(cloud: AwsCloud, processes: number): Cast {
  const user = (name: string, allow: string[]) =>
    cloud.addPrincipal({ account: customerAccount, kind: 'user', name, allow });
  const admin = user('key-admin', ['kms:*']);
  const { output } = cloud.call(admin, {
    service: 'kms',
    operation: 'CreateKey',
    input: {
      Description: 'Master key of the sandbox customer',
      Policy: JSON.stringify(keyPolicy({ service: true })),
    },
    sourceIp: '127.0.0.2',
    userAgent: 'aws-cli/2',
  });
  return {
    keyArn: output.KeyMetadata.Arn,
    admin,
    auditor: user('keytide-reader', ['cloudtrail:LookupEvents']),
    stranger: user('nightly-export', ['kms:Encrypt', 'kms:Decrypt']),
    engines: Array.from({ length: processes }, (_, number) =>
      session(cloud, `engine-${number + 1}`),
    ),
    suspect: session(cloud, 'engine-1-debug'),
    guest: session(cloud, 'your-engine'),
  };
}

function session(cloud: AwsCloud, sessionName: string): Principal {
  return cloud.addPrincipal({
    account: serviceAccount,
    kind: 'role',
    name: serviceRole,
    sessionName,
    allow: ['kms:Encrypt', 'kms:Decrypt'],
  });
}

/** The owner's statement, and with `service` the one that lets the service use the key. */
export function keyPolicy({ service }: { service: boolean }) {
  const root = `arn:aws:iam::${customerAccount}:root`;
  const owner = { AWS: root };
  const statements = [
    { Sid: 'Owner', Effect: 'Allow', Principal: owner, Action: ['kms:*'], Resource: '*' },
    {
      Sid: 'Service',
      Effect: 'Allow',
      Principal: { AWS: policyRole },
      Action: ['kms:Encrypt', 'kms:Decrypt'],
      Resource: '*',
    },
  ];
  return { Version: '2012-10-17', Statement: service ? statements : statements.slice(0, 1) };
}
