/**
 * A token of Azure by whichever of the usual means this machine has, in the usual order: an application's secret or a
 * federated token from the environment, the managed identity of the host, the Azure CLI. Nothing of it is kept but the
 * token, in memory.
 */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { AppError } from '../../domain/app-error.ts';
import { systemClock } from '../../domain/clock.ts';

interface Token {
  token: string;
  expiresOnTimestamp: number;
}

/** The one method that Azure's clients ask of a credential. */
export interface AzureCredential {
  getToken(scopes: string | string[]): Promise<Token>;
}

type Variables = Readonly<Record<string, string | undefined>>;

interface Means {
  variables: Variables;
  fetch: typeof fetch;
  /** Answers the output of `az` with these arguments. */
  az: (args: string[]) => Promise<string>;
}

type Way = (scope: string, means: Means) => Promise<Token> | null;

const run = promisify(execFile);
const asksMsMax = 20_000;
const metadataMsMax = 3_000;
/** A token this near its end is not used again. */
const marginMs = 300_000;

export function defaultCredential(
  means: Means = {
    variables: process.env,
    fetch,
    az: async (args) => (await run('az', args, { timeout: asksMsMax })).stdout,
  },
): AzureCredential {
  const kept = new Map<string, Token>();
  return {
    getToken: async (scopes) => {
      const scope = [scopes].flat()[0] ?? '';
      const known = kept.get(scope);
      if (known !== undefined && known.expiresOnTimestamp - marginMs > systemClock.now())
        return known;
      const token = await firstOf(scope, means);
      kept.set(scope, token);
      return token;
    },
  };
}

/** A way that is set up and fails is not passed over: the next could be somebody else. */
async function firstOf(scope: string, means: Means): Promise<Token> {
  for (const way of [application, hosted]) {
    const asked = way(scope, means);
    if (asked === null) continue;
    return await asked.catch((cause: unknown) => {
      throw new AppError('unauthorized', 'Azure gave no token to the identity that is set up.', {
        cause,
      });
    });
  }
  for (const way of [metadata, commandLine])
    try {
      return await way(scope, means);
    } catch {
      // Neither is set up: whether it is there only trying tells.
    }
  throw new AppError(
    'unauthorized',
    'There are no credentials of Azure: set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, give the host a managed identity, or run `az login`.',
  );
}

const application: Way = (scope, { variables, fetch: ask }) => {
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: id, AZURE_CLIENT_SECRET: secret } = variables;
  const file = variables.AZURE_FEDERATED_TOKEN_FILE;
  if (tenant === undefined || id === undefined || (secret ?? file) === undefined) return null;
  const authority = variables.AZURE_AUTHORITY_HOST ?? 'https://login.microsoftonline.com';
  const url = `${authority.replace(/\/$/, '')}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`;
  return (async () => {
    const proof: [string, string][] =
      secret !== undefined
        ? [['client_secret', secret]]
        : [
            ['client_assertion', (await readFile(file ?? '', 'utf8')).trim()],
            ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
          ];
    const body = new URLSearchParams([
      ['grant_type', 'client_credentials'],
      ['client_id', id],
      ['scope', scope],
      ...proof,
    ]);
    return tokenIn(
      await ask(url, { method: 'POST', body, signal: AbortSignal.timeout(asksMsMax) }),
    );
  })();
};

/** Of App Service, Functions and Container Apps. */
const hosted: Way = (scope, { variables, fetch: ask }) => {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: secret } = variables;
  if (endpoint === undefined || secret === undefined) return null;
  const headers = { 'X-IDENTITY-HEADER': secret };
  const signal = AbortSignal.timeout(asksMsMax);
  return ask(identityUrl({ endpoint, version: '2019-08-01', scope }, variables), {
    headers,
    signal,
  }).then(tokenIn);
};

/** Of a virtual machine, or a node of a cluster. */
const metadata = async (scope: string, { variables, fetch: ask }: Means): Promise<Token> => {
  const endpoint = 'http://169.254.169.254/metadata/identity/oauth2/token';
  const signal = AbortSignal.timeout(metadataMsMax);
  const headers = { Metadata: 'true' };
  return tokenIn(
    await ask(identityUrl({ endpoint, version: '2018-02-01', scope }, variables), {
      headers,
      signal,
    }),
  );
};

function identityUrl(
  { endpoint, version, scope }: { endpoint: string; version: string; scope: string },
  variables: Variables,
): URL {
  const url = new URL(endpoint);
  url.searchParams.set('api-version', version);
  url.searchParams.set('resource', scope.replace(/\/\.default$/, ''));
  if (variables.AZURE_CLIENT_ID !== undefined)
    url.searchParams.set('client_id', variables.AZURE_CLIENT_ID);
  return url;
}

const commandLine = async (scope: string, { az }: Means): Promise<Token> => {
  const args = ['account', 'get-access-token', '--output', 'json', '--scope', scope];
  return readToken(JSON.parse(await az(args)));
};

async function tokenIn(response: Response): Promise<Token> {
  if (!response.ok) throw new Error(`the token service answered ${response.status}`);
  return readToken(await response.json());
}

/** Each of them spells it differently: seconds from now, or the second it ends. */
function readToken(answer: unknown): Token {
  const given = new Map(Object.entries(Object(answer)));
  const token = given.get('access_token') ?? given.get('accessToken');
  if (typeof token !== 'string' || token === '') throw new Error('the answer has no token');
  const seconds = Number(given.get('expires_in'));
  const at = Number(given.get('expires_on'));
  const endsAt = at > 0 ? at * 1000 : systemClock.now() + (seconds > 0 ? seconds * 1000 : 0);
  return { token, expiresOnTimestamp: endsAt };
}
