import { randomBytes } from 'node:crypto';
import { credentials } from '@grpc/grpc-js';
import { gcpProvider } from '@keytide/crypto-core/providers/gcp';
import { OAuth2Client } from 'google-auth-library';
import { systemClock } from '../../../lib/domain/clock.ts';
import { GcpCloud } from '../../../lib/sandbox/gcp/cloud.ts';
import type { GcpKmsEntry } from '../../../lib/sandbox/gcp/kms-entry.ts';
import type { Message } from '../../../lib/sandbox/gcp/methods.ts';
import { type GcpServerFault, startGcpServer } from '../../../lib/sandbox/gcp/server.ts';
import { SandboxClock } from '../../../lib/sandbox/sandbox-clock.ts';
import { type CloudRig, Script, type WrongAnswer } from './rig.ts';

const project = 'projects/acme-prod';
const ring = `${project}/locations/eur4/keyRings/tide`;
const service = 'keytide@service.iam.gserviceaccount.com';
const stranger = 'nobody@service.iam.gserviceaccount.com';
const day = 86_400_000;
const operator = { email: 'owner@acme.example', callerIp: '', userAgent: '', reason: null };

export interface GcpRig extends CloudRig {
  cloud: GcpCloud;
  entries: readonly GcpKmsEntry[];
  /** A call of the key's owner. */
  own(method: string, request: Message): Message;
  keyName: string;
  userAgents(): readonly string[];
}

// Long: one rig: every port that the contract needs.
export async function gcpRig(transport: 'grpc' | 'rest'): Promise<GcpRig> {
  const clock = new SandboxClock({ wall: systemClock, startMs: Date.now(), speed: 0 });
  const entries: GcpKmsEntry[] = [];
  const journal = (entry: GcpKmsEntry) => entries.push(entry);
  const cloud = new GcpCloud({ clock, random: randomBytes, propagationMs: 0, journal });
  cloud.grant(project, 'roles/owner', operator.email);
  const own = (method: string, request: Message) => cloud.call(method, request, operator);
  for (const cryptoKeyId of ['one', 'two']) {
    own('CreateCryptoKey', { parent: ring, cryptoKeyId });
    cloud.grant(
      `${ring}/cryptoKeys/${cryptoKeyId}`,
      'roles/cloudkms.cryptoKeyEncrypterDecrypter',
      service,
    );
  }
  const keyName = `${ring}/cryptoKeys/one`;
  const script = new Script<GcpServerFault>();
  const tokens = new Map([
    [service, service],
    [stranger, stranger],
  ]);
  const faults = script.next;
  const servers = [
    await startGcpServer({ cloud, caller: service, tokens, faults }),
    await startGcpServer({ cloud, caller: stranger, tokens, faults }),
  ] as const;
  const open = (email: string, ports: { grpcPort: number; restPort: number }) =>
    gcpProvider(configOf(transport, email, ports));
  const [server, others] = servers;
  const provider = open(service, server);
  const denied = open(stranger, others);
  const unreachable = open(service, { grpcPort: 1, restPort: 1 });
  const setAll = (state: 'ENABLED' | 'DISABLED') => {
    for (const { name } of versionsOf(own('ListCryptoKeyVersions', { parent: keyName })))
      own('UpdateCryptoKeyVersion', { cryptoKeyVersion: { name, state } });
  };
  return {
    cloud,
    entries,
    own,
    keyName,
    provider,
    denied,
    unreachable,
    keyUri: `gcp-kms:${keyName}`,
    otherKeyUri: `gcp-kms:${ring}/cryptoKeys/two`,
    alias: `gcp-kms:${keyName}/cryptoKeyVersions/1`,
    missing: `gcp-kms:${ring}/cryptoKeys/three`,
    disable: () => setAll('DISABLED'),
    enable: () => setAll('ENABLED'),
    wrapsWhileDisabled: false,
    scheduleDeletion: () => {
      const name = `${keyName}/cryptoKeyVersions/1`;
      own('DestroyCryptoKeyVersion', { name });
      return () => {
        own('RestoreCryptoKeyVersion', { name });
        setAll('ENABLED');
      };
    },
    endDeletion: () => clock.jumpTo(clock.now() + 31 * day),
    rotate: () => {
      const { name } = own('CreateCryptoKeyVersion', { parent: keyName });
      const cryptoKeyVersionId = String(name).split('/').at(-1);
      own('UpdateCryptoKeyPrimaryVersion', { name: keyName, cryptoKeyVersionId });
    },
    throttle: () => script.set({ status: 'resourceExhausted', message: 'Quota exceeded.' }),
    fail: () => script.set({ status: 'unavailable', message: 'The service is unavailable.' }),
    hang: () => script.set({ delayMs: 3_000 }),
    reset: () => script.set('reset'),
    answerWell: () => script.set(undefined),
    wrongAnswers: wrongAnswers(script, `${ring}/cryptoKeys/two`),
    seen: () => server.requests.map(({ reason }) => ({ claim: reason ?? '', id: null })),
    userAgents: () => server.requests.map(({ userAgent }) => userAgent),
    close: async () => {
      for (const one of [provider, denied, unreachable]) one.close?.();
      await Promise.all(servers.map((one) => one.close()));
    },
  };
}

/** As the SDK is pointed at a server on loopback. */
export function configOf(
  transport: 'grpc' | 'rest',
  email: string,
  { grpcPort, restPort }: { grpcPort: number; restPort: number },
) {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: email, expiry_date: Date.now() + day });
  const common = { apiEndpoint: '127.0.0.1', projectId: 'acme-prod', authClient };
  return transport === 'grpc'
    ? { ...common, port: grpcPort, sslCreds: credentials.createInsecure() }
    : { ...common, port: restPort, fallback: true, protocol: 'http' };
}

function versionsOf({ cryptoKeyVersions }: Message): { name: string }[] {
  if (!Array.isArray(cryptoKeyVersions)) return [];
  return cryptoKeyVersions.map(({ name }) => ({ name: String(name) }));
}

function wrongAnswers(script: Script<GcpServerFault>, otherKey: string): WrongAnswer[] {
  const altered = (
    title: string,
    operation: 'wrap' | 'unwrap',
    reason: string,
    alter: (answer: Message) => Message,
  ): WrongAnswer => ({
    title,
    operation,
    kind: 'outage',
    reason,
    arm: () => script.set({ alter }),
  });
  const flipped = (bytes: unknown) => {
    const copy = Buffer.from(bytes instanceof Uint8Array ? bytes : []);
    copy[0] = (copy[0] ?? 0) ^ 1;
    return copy;
  };
  return [
    altered('names another key', 'wrap', 'AnotherKeyAnswered', (answer) => ({
      ...answer,
      name: `${otherKey}/cryptoKeyVersions/1`,
    })),
    altered('never saw the checksum', 'wrap', 'CorruptedRequest', (answer) => ({
      ...answer,
      verifiedPlaintextCrc32c: false,
    })),
    altered('never saw the checksum of the context', 'wrap', 'CorruptedRequest', (answer) => ({
      ...answer,
      verifiedAdditionalAuthenticatedDataCrc32c: false,
    })),
    altered('has a changed ciphertext', 'wrap', 'CorruptedAnswer', (answer) => ({
      ...answer,
      ciphertext: flipped(answer.ciphertext),
    })),
    altered('has no ciphertext', 'wrap', 'EmptyAnswer', ({ ciphertext: _, ...answer }) => answer),
    altered('has a changed plaintext', 'unwrap', 'CorruptedAnswer', (answer) => ({
      ...answer,
      plaintext: flipped(answer.plaintext),
    })),
    altered(
      'has no checksum',
      'unwrap',
      'CorruptedAnswer',
      ({ plaintextCrc32c: _, ...rest }) => rest,
    ),
  ];
}
