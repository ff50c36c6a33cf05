import { randomBytes } from 'node:crypto';
import { azureProvider } from '@keytide/crypto-core/providers/azure';
import { systemClock } from '../../../lib/domain/clock.ts';
import { AzureFault } from '../../../lib/sandbox/azure/azure-fault.ts';
import {
  AzureCloud,
  type AzureKeyEntry,
  type AzureOperation,
  type Vault,
} from '../../../lib/sandbox/azure/cloud.ts';
import type { KeyVaultJson } from '../../../lib/sandbox/azure/key-messages.ts';
import { type AzureServerFault, startAzureServer } from '../../../lib/sandbox/azure/server.ts';
import type { AzurePrincipal } from '../../../lib/sandbox/azure/vault-access.ts';
import type { VaultKind } from '../../../lib/sandbox/azure/vault-keys.ts';
import { SandboxClock } from '../../../lib/sandbox/sandbox-clock.ts';
import { toLoopback } from '../../../lib/shared/to-loopback.ts';
import { type CloudRig, Script, type WrongAnswer } from './rig.ts';

const day = 86_400_000;
const info = { requestId: '', clientRequestId: null, userAgent: '', callerIp: '', requestUri: '' };

export interface AzureRig extends CloudRig {
  cloud: AzureCloud;
  vault: Vault;
  entries: readonly AzureKeyEntry[];
  principal: AzurePrincipal;
  /** A request of the vault's owner. */
  own(operation: AzureOperation, version?: string, body?: KeyVaultJson): KeyVaultJson;
  /** User agents of all requests, challenges too. */
  requests(): readonly {
    method: string;
    status: number;
    userAgent: string;
    clientRequestId: string | null;
  }[];
  url: string;
}

// Long: one rig: every port that the contract needs.
export async function azureRig(kind: VaultKind): Promise<AzureRig> {
  const clock = new SandboxClock({ wall: systemClock, startMs: Date.now(), speed: 0 });
  const entries: AzureKeyEntry[] = [];
  const journal = (entry: AzureKeyEntry) => entries.push(entry);
  const tenantId = '72f988bf-0000-4000-8000-2d7cd011db47';
  const cloud = new AzureCloud({ clock, random: randomBytes, propagationMs: 0, tenantId, journal });
  const vault = cloud.addVault('acme', kind);
  const [operator, principal, stranger] = [
    cloud.addPrincipal(),
    cloud.addPrincipal(),
    cloud.addPrincipal(),
  ];
  const named = kind === 'vault' ? 'Key Vault' : 'Managed HSM';
  cloud.assign(vault, operator, `${named} Crypto Officer`);
  const ours = {
    objectId: principal.objectId,
    role: 'wrap only',
    actions: ['wrapKey', 'unwrapKey'] as const,
  };
  vault.access.assign({ id: 'wrap-only', ...ours }, -Infinity);
  const call = (operation: AzureOperation, key: string, version: string, body: KeyVaultJson) =>
    cloud.call(vault, operator, { operation, key, version, body }, info);
  const own = (operation: AzureOperation, version = '', body: KeyVaultJson = {}) =>
    call(operation, 'tide', version, body);
  const versionOf = (answer: KeyVaultJson) =>
    String(Reflect.get(Object(answer.key), 'kid'))
      .split('/')
      .at(-1) ?? '';
  const versions = [versionOf(call('KeyCreate', 'tide', '', {}))];
  call('KeyCreate', 'other', '', {});
  const script = new Script<AzureServerFault>();
  const server = await startAzureServer({ cloud, faults: script.next });
  const open = ({ token }: AzurePrincipal, url = server.url) =>
    azureProvider({
      credential: { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + day }) },
      additionalPolicies: [{ policy: toLoopback(url), position: 'perRetry' }],
    });
  const providers = [
    open(principal),
    open(stranger),
    open(principal, 'http://127.0.0.1:1'),
  ] as const;
  const [provider, denied, unreachable] = providers;
  const keyUri = `azure-kv:https://${vault.host}/keys/tide`;
  const setEnabled = (enabled: boolean) => {
    for (const version of versions) own('KeyUpdate', version, { attributes: { enabled } });
  };
  const fault = (one: AzureFault, retryAfter?: number) =>
    script.set({ fault: one, ...(retryAfter !== undefined && { retryAfter }) });
  return {
    cloud,
    vault,
    entries,
    principal,
    own,
    url: server.url,
    provider,
    denied,
    unreachable,
    keyUri,
    otherKeyUri: `azure-kv:https://${vault.host}/keys/other`,
    alias: `${keyUri}/${versions[0]}`,
    missing: `azure-kv:https://${vault.host}/keys/none`,
    disable: () => setEnabled(false),
    enable: () => setEnabled(true),
    wrapsWhileDisabled: kind === 'vault',
    scheduleDeletion: () => {
      own('KeyDelete');
      return () => own('KeyRecover');
    },
    endDeletion: () => clock.jumpTo(clock.now() + 91 * day),
    rotate: () => void versions.push(versionOf(own('KeyRotate'))),
    throttle: () =>
      fault(
        new AzureFault(429, { code: 'Throttled', message: 'Too many requests were received.' }),
        0,
      ),
    fail: () =>
      fault(
        new AzureFault(503, { code: 'ServiceUnavailable', message: 'The service is unavailable.' }),
      ),
    hang: () => script.set({ delayMs: 3_000 }),
    reset: () => script.set('reset'),
    answerWell: () => script.set(undefined),
    wrongAnswers: wrongAnswers(script, vault.host),
    seen: () =>
      server.requests
        .filter(({ method, status }) => method === 'POST' && status !== 401)
        .map(({ requestId, userAgent }) => ({
          id: requestId,
          claim: userAgent.split(' ').at(-1) ?? '',
        })),
    requests: () => server.requests,
    close: () => server.close(),
  };
}

function wrongAnswers(script: Script<AzureServerFault>, host: string): WrongAnswer[] {
  const altered = (
    about: Omit<WrongAnswer, 'arm'>,
    alter: (answer: KeyVaultJson) => KeyVaultJson,
  ): WrongAnswer => ({ ...about, arm: () => script.set({ alter }) });
  const another = { kind: 'outage', reason: 'AnotherKeyAnswered' } as const;
  const otherVersion = `https://${host}/keys/tide/${'0'.repeat(32)}`;
  return [
    altered({ title: 'names another key', operation: 'wrap', ...another }, (answer) => ({
      ...answer,
      kid: `https://${host}/keys/other/${'0'.repeat(32)}`,
    })),
    altered({ title: 'names another vault', operation: 'wrap', ...another }, (answer) => ({
      ...answer,
      kid: String(answer.kid).replace(host, `not-${host}`),
    })),
    altered({ title: 'names no key', operation: 'wrap', ...another }, ({ value }) => ({ value })),
    altered({ title: 'names another version', operation: 'unwrap', ...another }, (answer) => ({
      ...answer,
      kid: otherVersion,
    })),
    altered(
      {
        title: 'is of another key',
        operation: 'unwrap',
        kind: 'wrong-key',
        reason: 'ContextMismatch',
      },
      (answer) => ({ ...answer, value: randomBytes(64).toString('base64url') }),
    ),
    altered(
      { title: 'is cut short', operation: 'unwrap', kind: 'wrong-key', reason: 'ContextMismatch' },
      (answer) => ({ ...answer, value: String(answer.value).slice(0, 32) }),
    ),
  ];
}
