import { describe, expect, test } from 'vitest';
import { defaultCredential } from '../../lib/sources/azure-monitor/default-credential.ts';

const scope = 'https://api.loganalytics.io/.default';
const application = {
  AZURE_TENANT_ID: 'tenant',
  AZURE_CLIENT_ID: 'app',
  AZURE_CLIENT_SECRET: 'secret',
};

interface Asked {
  url: string;
  init: RequestInit;
}

function means(
  variables: Record<string, string>,
  answer: (asked: Asked) => Response,
  az: () => Promise<string> = () => Promise.reject(new Error('no az')),
) {
  const asked: Asked[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const one = { url: String(url), init: init ?? {} };
    asked.push(one);
    return answer(one);
  };
  return { asked, credential: defaultCredential({ variables, fetch, az }) };
}

const token = (given: object) => Response.json({ access_token: 't', ...given });

describe('a token of Azure', () => {
  test('is an application’s, by its secret, and kept until shortly before it ends', async () => {
    const { asked, credential } = means(application, () => token({ expires_in: 3_600 }));
    const first = await credential.getToken(scope);
    expect(await credential.getToken([scope])).toEqual(first);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.url).toBe('https://login.microsoftonline.com/tenant/oauth2/v2.0/token');
    const body = new Map(asked[0]?.init.body as URLSearchParams);
    expect(Object.fromEntries(body)).toEqual({
      grant_type: 'client_credentials',
      client_id: 'app',
      client_secret: 'secret',
      scope,
    });
  });

  test('that is about to end is asked for anew', async () => {
    const { asked, credential } = means(application, () => token({ expires_in: 60 }));
    await credential.getToken(scope);
    await credential.getToken(scope);
    expect(asked).toHaveLength(2);
  });

  test('is the host’s managed identity', async () => {
    const endsAt = Math.floor(Date.now() / 1000) + 3_600;
    const hosted = { IDENTITY_ENDPOINT: 'http://127.0.0.1:1/msi', IDENTITY_HEADER: 'h' };
    const { asked, credential } = means(hosted, () => token({ expires_on: String(endsAt) }));
    expect((await credential.getToken(scope)).expiresOnTimestamp).toBe(endsAt * 1000);
    expect(new URL(asked[0]?.url ?? '').searchParams.get('resource')).toBe(
      'https://api.loganalytics.io',
    );
    expect(asked[0]?.init.headers).toEqual({ 'X-IDENTITY-HEADER': 'h' });
  });

  test('of a machine, else of the command line, where nothing is set up', async () => {
    const machine = means({}, () => token({ expires_in: 3_600 }));
    await machine.credential.getToken(scope);
    expect(machine.asked[0]?.url).toMatch(/^http:\/\/169\.254\.169\.254\//);
    const shell = means(
      {},
      () => new Response('', { status: 404 }),
      async () => JSON.stringify({ accessToken: 'cli', expires_on: 4_000_000_000 }),
    );
    expect((await shell.credential.getToken(scope)).token).toBe('cli');
  });

  test('that an identity is refused is said, and no other one is tried', async () => {
    const refused = means(
      application,
      () => new Response('{}', { status: 401 }),
      async () => JSON.stringify({ accessToken: 'somebody else' }),
    );
    await expect(refused.credential.getToken(scope)).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.not.stringContaining('secret'),
    });
    expect(refused.asked).toHaveLength(1);
  });

  test('where there is none, says what to set', async () => {
    const none = means({}, () => new Response('', { status: 404 }));
    await expect(none.credential.getToken(scope)).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('az login'),
    });
  });
});
