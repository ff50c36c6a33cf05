/** Google answers which permissions of a list the caller has; everybody may ask that of themselves. */
import { KeyManagementServiceClient } from '@google-cloud/kms';
import type { PermissionAsker } from './permissions.ts';

export type GcpPermissionsConfig = NonNullable<
  ConstructorParameters<typeof KeyManagementServiceClient>[0]
>;

const [key, version] = ['cloudkms.cryptoKeys', 'cloudkms.cryptoKeyVersions'];
/** All that can be bound on a key, but what wrapping and unwrapping need. */
const permissions = [
  `${key}.get`,
  `${key}.getIamPolicy`,
  `${key}.setIamPolicy`,
  `${key}.update`,
  `${version}.get`,
  `${version}.list`,
  `${version}.create`,
  `${version}.update`,
  `${version}.destroy`,
  `${version}.restore`,
];

export function gcpPermissions(config: GcpPermissionsConfig, name: string): PermissionAsker {
  const client = new KeyManagementServiceClient(config);
  return {
    ask: async () => {
      const asked = { resource: name, permissions };
      try {
        // The SDK's type is of a message, which is written as JSON too.
        const [answer] = await client.testIamPermissions({ ...asked, toJSON: () => asked });
        const more = permissions.filter((one) => answer.permissions?.includes(one));
        const refused = permissions.filter((one) => !more.includes(one));
        return { identity: null, more, refused, untold: [] };
      } catch {
        return { identity: null, more: [], refused: [], untold: [...permissions] };
      }
    },
    close: () => {
      client.close().catch(() => undefined);
    },
  };
}
