import type { KeyClientOptions } from '@azure/keyvault-keys';

type Policies = NonNullable<KeyClientOptions['additionalPolicies']>;

/** Sends a client's requests to a Key Vault on loopback, whichever vault they name. */
export const loopbackVault = (url: string): Policies[number] => ({
  position: 'perRetry',
  policy: {
    name: 'keytide-loopback',
    sendRequest: async (request, next) => {
      const wanted = request.url;
      const { host, pathname, search } = new URL(wanted);
      request.headers.set('host', host);
      request.url = `${url}${pathname}${search}`;
      request.allowInsecureConnection = true;
      try {
        return await next(request);
      } finally {
        request.url = wanted;
      }
    },
  },
});
