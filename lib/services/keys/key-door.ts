/** How a key is reached: in the sandbox where it is one of its own, else with each cloud's own default credentials. */
import { randomBytes } from 'node:crypto';
import { type KekProvider, type KeyUri, parseKeyUri } from '@keytide/crypto-core';
import { awsProvider } from '@keytide/crypto-core/providers/aws';
import { azureProvider } from '@keytide/crypto-core/providers/azure';
import { gcpProvider } from '@keytide/crypto-core/providers/gcp';
import { AppError } from '../../domain/app-error.ts';
import { toLoopback } from '../../shared/to-loopback.ts';
import { defaultCredential } from '../../sources/azure-monitor/default-credential.ts';
import { loopbackLogging as plainClient } from '../../sources/gcp-logging/loopback.ts';
import { awsPermissions } from '../../sources/permissions/aws.ts';
import { azurePermissions } from '../../sources/permissions/azure.ts';
import { gcpPermissions } from '../../sources/permissions/gcp.ts';
import type { PermissionAsker } from '../../sources/permissions/permissions.ts';
import type { SandboxAccess } from '../sandbox-client.ts';

export interface KeyDoor {
  provider: KekProvider;
  permissions: PermissionAsker;
  /** Whether the key is one of the sandbox's own. */
  isSandbox: boolean;
}

type CloudAccess = SandboxAccess['clouds'][number];

/** @throws {AppError} `bad-request` where it is no key of a cloud */
export function cloudKeyOf(text: string): Exclude<KeyUri, { provider: 'local' }> {
  let key: KeyUri;
  try {
    key = parseKeyUri(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it is not understood';
    throw new AppError('bad-request', `${text}: ${why}.`);
  }
  if (key.provider !== 'local') return key;
  throw new AppError('bad-request', `${text} is a key of a process: there is no cloud to ask.`);
}

/** Of a key in the account, project or vault that the sandbox has. */
export function sandboxOf(key: KeyUri, access: SandboxAccess | null): CloudAccess | null {
  const isSame = (one: CloudAccess): boolean => {
    const own = parseKeyUri(one.key);
    if (own.provider === 'aws') return key.provider === 'aws' && key.account === own.account;
    if (own.provider === 'azure') return key.provider === 'azure' && key.vaultUrl === own.vaultUrl;
    if (own.provider !== 'gcp' || key.provider !== 'gcp') return false;
    return key.name.split('/')[1] === own.name.split('/')[1];
  };
  return access?.clouds.find(isSame) ?? null;
}

/** Which call of a check is meant: the log shows it. */
function checkClaims(): () => string {
  const boot = randomBytes(4).toString('hex');
  let seq = 0;
  return () => {
    seq += 1;
    const spanId = randomBytes(8).toString('hex');
    return `keytide/1#check.${boot}.${seq}.1#validate#${spanId}`;
  };
}

export function keyDoor(
  key: Exclude<KeyUri, { provider: 'local' }>,
  access: SandboxAccess | null,
): KeyDoor {
  const sandbox = sandboxOf(key, access);
  const isSandbox = sandbox !== null;
  const claim = checkClaims();
  switch (key.provider) {
    case 'aws': {
      const { region, id: keyId } = key;
      const config =
        sandbox?.cloud === 'aws'
          ? { region, endpoint: sandbox.endpoint, credentials: sandbox.credentials }
          : { region };
      const permissions = awsPermissions(config, { keyId, claim });
      return { provider: awsProvider(config), permissions, isSandbox };
    }
    case 'gcp': {
      const config = sandbox?.cloud === 'gcp' ? plainClient(sandbox.endpoint) : {};
      return {
        provider: gcpProvider(config),
        permissions: gcpPermissions(config, key.name),
        isSandbox,
      };
    }
    case 'azure': {
      const own = sandbox?.cloud === 'azure' ? sandbox : null;
      const credential = own === null ? defaultCredential() : tokenOf(own.token);
      const options = own === null ? {} : { additionalPolicies: [atLoopback(own.endpoint)] };
      const permissions = azurePermissions(credential, options, { ...key, claim });
      return { provider: azureProvider({ credential, ...options }), permissions, isSandbox };
    }
  }
}

const tokenOf = (token: string) => ({
  getToken: async () => ({ token, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
});

const atLoopback = (url: string) => ({ policy: toLoopback(url), position: 'perRetry' as const });
