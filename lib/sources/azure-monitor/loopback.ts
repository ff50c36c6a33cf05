import type { QueryOptions } from './query-reader.ts';

/** Of a client that reads a workspace on loopback over plain HTTP, which the SDK by itself sends no token to. */
export function loopbackWorkspace(
  url: string,
  token: string,
): Pick<QueryOptions, 'credential'> & { client: NonNullable<QueryOptions['client']> } {
  return {
    credential: {
      getToken: async () => ({ token, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
    },
    client: {
      endpoint: 'https://loopback.invalid/v1',
      additionalPolicies: [
        {
          position: 'perRetry',
          policy: {
            name: 'keytide-loopback',
            sendRequest: (request, next) => {
              const { pathname, search } = new URL(request.url);
              request.url = `${url}${pathname}${search}`;
              request.allowInsecureConnection = true;
              return next(request);
            },
          },
        },
      ],
    },
  };
}
