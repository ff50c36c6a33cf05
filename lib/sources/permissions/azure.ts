/**
 * Key Vault tells nobody what they may do with a key, so that what only reads is tried, and an encryption of random
 * bytes. Whether the key can be changed cannot be told without changing it.
 */
import { randomBytes } from 'node:crypto';
import { KeyClient, type KeyClientOptions } from '@azure/keyvault-keys';
import { type PermissionAsker, type Try, type TryFault, tryAll } from './permissions.ts';

type Credential = ConstructorParameters<typeof KeyClient>[1];

const untold = ['keys/update', 'keys/rotate', 'keys/delete', 'keys/purge', 'keys/release'];

export function azurePermissions(
  credential: Credential,
  options: KeyClientOptions,
  at: { vaultUrl: string; name: string; kind: 'vault' | 'managed-hsm'; claim: () => string },
): PermissionAsker {
  const { vaultUrl, name, kind, claim } = at;
  const policies = [...(options.additionalPolicies ?? []), claiming(claim)];
  const common = { ...options, retryOptions: { maxRetries: 0 } };
  const client = new KeyClient(vaultUrl, credential, { ...common, additionalPolicies: policies });
  const remote = new KeyClient(vaultUrl, credential, {
    ...common,
    additionalPolicies: [...policies, { policy: remoteOnly, position: 'perCall' }],
  });
  const tries: Try[] = [
    { permission: 'keys/get', run: () => client.getKey(name) },
    {
      permission: 'keys/list',
      run: () => client.listPropertiesOfKeyVersions(name).next(),
    },
  ];
  // A Managed HSM's AES keys do not encrypt in this way.
  if (kind === 'vault')
    tries.push({
      permission: 'keys/encrypt',
      run: () => remote.getCryptographyClient(name).encrypt('RSA-OAEP-256', randomBytes(32)),
    });
  return {
    ask: async () => {
      const told = await tryAll(tries, faultOf);
      return { ...told, untold: [...told.untold, ...untold] };
    },
    close: () => undefined,
  };
}

/** Who reads the vault's log sees that these requests are a check's. */
const claiming = (claim: () => string): NonNullable<KeyClientOptions['additionalPolicies']>[0] => ({
  position: 'perRetry',
  policy: {
    name: 'keytide-check',
    sendRequest: (request, next) => {
      const agent = request.headers.get('user-agent') ?? '';
      request.headers.set('user-agent', `${agent} ${claim()}`.trim());
      return next(request);
    },
  },
});

/** Where the SDK cannot fetch the public key it leaves the encryption to the service. */
const remoteOnly: NonNullable<KeyClientOptions['additionalPolicies']>[0]['policy'] = {
  name: 'keytide-remote-only',
  sendRequest: (request, next) => {
    if (request.method !== 'GET') return next(request);
    const refusal = new Error('the public key is not fetched');
    throw Object.assign(refusal, { name: 'RestError', statusCode: 403 });
  },
};

function faultOf(error: unknown): TryFault {
  const status = typeof error === 'object' && error !== null && Reflect.get(error, 'statusCode');
  const message = error instanceof Error ? error.message : '';
  const identity = /\boid=([0-9a-f-]{36})/i.exec(message)?.[1] ?? null;
  return { told: status === 403 ? 'refused' : 'nothing', identity };
}
