import { randomBytes } from 'node:crypto';
import { awsProvider } from '@keytide/crypto-core/providers/aws';
import { systemClock } from '../../../lib/domain/clock.ts';
import { AwsCloud } from '../../../lib/sandbox/aws/cloud.ts';
import type { Principal } from '../../../lib/sandbox/aws/principals.ts';
import { type ServerFault, startAwsServer } from '../../../lib/sandbox/aws/server.ts';
import { SandboxClock } from '../../../lib/sandbox/sandbox-clock.ts';
import { type CloudRig, Script, type WrongAnswer } from './rig.ts';

export const region = 'eu-central-1';
const customer = '111122223333';
const service = '444455556666';
const day = 86_400_000;

/** A key's policy: its account manages it, the service's role may use it. */
export const policyFor = (role: Principal): string => {
  const arn = `arn:aws:iam::${role.account}:role/${role.name}`;
  const root = `arn:aws:iam::${customer}:root`;
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' },
      {
        Effect: 'Allow',
        Principal: { AWS: arn },
        Action: ['kms:Encrypt', 'kms:Decrypt'],
        Resource: '*',
      },
    ],
  });
};

export const credentialsOf = ({ accessKeyId, secretAccessKey, sessionToken }: Principal) => ({
  accessKeyId,
  secretAccessKey,
  ...(sessionToken === null ? {} : { sessionToken }),
});

/** A cloud in which a customer has made keys for the service's role. */
export function awsScene() {
  const clock = new SandboxClock({ wall: systemClock, startMs: Date.now(), speed: 0 });
  const deliveryLagMs = { min: 0, max: 0 };
  const cloud = new AwsCloud({
    clock,
    random: randomBytes,
    region,
    deliveryLagMs,
    propagationMs: 0,
  });
  const owner = cloud.addPrincipal({
    account: customer,
    kind: 'user',
    name: 'owner',
    allow: ['kms:*'],
  });
  const session = { account: service, kind: 'role', sessionName: 'api-1' } as const;
  const allow = ['kms:Encrypt', 'kms:Decrypt'];
  const role = cloud.addPrincipal({ ...session, name: 'keytide', allow });
  const stranger = cloud.addPrincipal({ ...session, name: 'nobody', allow });
  const own = (operation: string, input: Record<string, unknown>) =>
    cloud.call(owner, { service: 'kms', operation, input, sourceIp: '', userAgent: '' }).output;
  const createKey = (more: Record<string, unknown> = {}) => {
    const { KeyMetadata } = own('CreateKey', { Policy: policyFor(role), ...more });
    return String(Reflect.get(Object(KeyMetadata), 'Arn'));
  };
  return { clock, cloud, owner, role, stranger, own, createKey };
}

export async function awsRig(): Promise<CloudRig> {
  const { clock, cloud, role, stranger, own, createKey } = awsScene();
  const KeyId = createKey();
  const script = new Script<ServerFault>();
  const server = await startAwsServer({ cloud, wall: systemClock, faults: script.next });
  own('CreateAlias', { AliasName: 'alias/tide', TargetKeyId: KeyId });
  const open = (principal: Principal, endpoint = server.url) =>
    awsProvider({ region, endpoint, credentials: credentialsOf(principal) });
  const providers = [open(role), open(stranger), open(role, 'http://127.0.0.1:1')] as const;
  const [provider, denied, unreachable] = providers;
  const otherKeyUri = createKey();
  return {
    provider,
    denied,
    unreachable,
    keyUri: `aws-kms:${KeyId}`,
    otherKeyUri,
    alias: `arn:aws:kms:${region}:${customer}:alias/tide`,
    missing: KeyId.replace(/key\/.*/, 'key/00000000-0000-4000-8000-000000000000'),
    disable: () => own('DisableKey', { KeyId }),
    enable: () => own('EnableKey', { KeyId }),
    wrapsWhileDisabled: false,
    scheduleDeletion: () => {
      own('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
      return () => {
        own('CancelKeyDeletion', { KeyId });
        own('EnableKey', { KeyId });
      };
    },
    endDeletion: () => clock.jumpTo(clock.now() + 8 * day),
    rotate: () => own('RotateKeyOnDemand', { KeyId }),
    throttle: () =>
      script.set({ status: 400, code: 'ThrottlingException', message: 'Rate exceeded' }),
    fail: () => script.set({ status: 500, code: 'KMSInternalException', message: 'Try again.' }),
    hang: () => script.set({ delayMs: 3_000 }),
    reset: () => script.set('reset-after'),
    answerWell: () => script.set(undefined),
    wrongAnswers: wrongAnswers(script, otherKeyUri),
    seen: () =>
      server.requests
        .filter(({ service: of }) => of === 'kms')
        .map(({ requestId, userAgent }) => ({
          id: requestId,
          claim: userAgent.split(' ').at(-1) ?? '',
        })),
    close: async () => {
      for (const one of providers) one.close?.();
      await server.close();
    },
  };
}

function wrongAnswers(script: Script<ServerFault>, otherKey: string): WrongAnswer[] {
  const named = (title: string, operation: 'wrap' | 'unwrap', KeyId?: string): WrongAnswer => ({
    title,
    operation,
    kind: 'outage',
    reason: 'AnotherKeyAnswered',
    arm: () => script.set({ alter: (output) => ({ ...output, KeyId }) }),
  });
  return [
    named('names another key', 'wrap', otherKey),
    named('names another key', 'unwrap', otherKey),
    named('names another Region', 'unwrap', otherKey.replace(region, 'us-east-1')),
    named('names no key', 'unwrap'),
    {
      title: 'has no plaintext',
      operation: 'unwrap',
      kind: 'outage',
      reason: 'EmptyAnswer',
      arm: () => script.set({ alter: ({ Plaintext: _, ...output }) => output }),
    },
  ];
}
