import type { DefaultAzureCredential } from '@azure/identity';
import { AppError } from '../../domain/app-error.ts';

/** The one method that Azure's clients ask of a credential. */
export type AzureCredential = Pick<DefaultAzureCredential, 'getToken'>;

/**
 * Azure's own chain: the environment, a workload's or a managed identity, the tools one is signed in with. Loading it
 * takes a second, so it is loaded when the first token is asked for.
 */
export function defaultCredential(): AzureCredential {
  let chain: Promise<AzureCredential> | undefined;
  return {
    getToken: async (scopes, options) => {
      chain ??= import('@azure/identity').then((identity) => new identity.DefaultAzureCredential());
      const credential = await chain;
      return credential.getToken(scopes, options).catch((cause: unknown) => {
        throw new AppError('unauthorized', missing, { cause });
      });
    },
  };
}

const missing =
  'Azure gave no token: set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, give the host a managed identity, or run `az login`.';
