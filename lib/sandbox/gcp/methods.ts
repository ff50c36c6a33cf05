/** The calls of Cloud KMS that the sandbox speaks: what each needs, where it is logged, and its path over REST. */

/** A protobuf message as a plain object: bytes as Buffers, enums as their names. */
export type Message = Readonly<Record<string, unknown>>;

interface MethodSpec {
  service: 'kms' | 'iam';
  permission: string | null;
  /** Null where it is not logged. */
  log: 'data_access' | 'activity' | null;
  /** HTTP method, and what follows the resource's name in the path. */
  rest: readonly [verb: 'GET' | 'POST' | 'PATCH', suffix: string];
  /** The request field for the resource's name, and the one that the body fills (default: the whole request). */
  name: string;
  body?: string;
}

const version = 'cloudkms.cryptoKeyVersions';
const key = 'cloudkms.cryptoKeys';
const activity = { service: 'kms', log: 'activity' } as const;
const read = { service: 'kms', log: 'data_access' } as const;
const iam = { service: 'iam', name: 'resource' } as const;

export const methods = {
  Encrypt: {
    ...read,
    permission: `${version}.useToEncrypt`,
    rest: ['POST', ':encrypt'],
    name: 'name',
  },
  Decrypt: {
    ...read,
    permission: `${version}.useToDecrypt`,
    rest: ['POST', ':decrypt'],
    name: 'name',
  },
  CreateKeyRing: {
    ...activity,
    permission: 'cloudkms.keyRings.create',
    rest: ['POST', '/keyRings'],
    name: 'parent',
    body: 'keyRing',
  },
  CreateCryptoKey: {
    ...activity,
    permission: `${key}.create`,
    rest: ['POST', '/cryptoKeys'],
    name: 'parent',
    body: 'cryptoKey',
  },
  GetCryptoKey: { ...read, permission: `${key}.get`, rest: ['GET', ''], name: 'name' },
  UpdateCryptoKey: {
    ...activity,
    permission: `${key}.update`,
    rest: ['PATCH', ''],
    name: 'cryptoKey.name',
    body: 'cryptoKey',
  },
  GetCryptoKeyVersion: { ...read, permission: `${version}.get`, rest: ['GET', ''], name: 'name' },
  ListCryptoKeyVersions: {
    ...read,
    permission: `${version}.list`,
    rest: ['GET', '/cryptoKeyVersions'],
    name: 'parent',
  },
  CreateCryptoKeyVersion: {
    ...activity,
    permission: `${version}.create`,
    rest: ['POST', '/cryptoKeyVersions'],
    name: 'parent',
    body: 'cryptoKeyVersion',
  },
  UpdateCryptoKeyPrimaryVersion: {
    ...activity,
    permission: `${key}.update`,
    rest: ['POST', ':updatePrimaryVersion'],
    name: 'name',
  },
  UpdateCryptoKeyVersion: {
    ...activity,
    permission: `${version}.update`,
    rest: ['PATCH', ''],
    name: 'cryptoKeyVersion.name',
    body: 'cryptoKeyVersion',
  },
  DestroyCryptoKeyVersion: {
    ...activity,
    permission: `${version}.destroy`,
    rest: ['POST', ':destroy'],
    name: 'name',
  },
  RestoreCryptoKeyVersion: {
    ...activity,
    permission: `${version}.restore`,
    rest: ['POST', ':restore'],
    name: 'name',
  },
  GetIamPolicy: {
    ...iam,
    log: 'data_access',
    permission: `${key}.getIamPolicy`,
    rest: ['GET', ':getIamPolicy'],
  },
  SetIamPolicy: {
    ...iam,
    log: 'activity',
    permission: `${key}.setIamPolicy`,
    rest: ['POST', ':setIamPolicy'],
  },
  // Anybody may ask it of themselves, and no log has it.
  TestIamPermissions: {
    ...iam,
    log: null,
    permission: null,
    rest: ['POST', ':testIamPermissions'],
  },
} as const satisfies Record<string, MethodSpec>;

export type Method = keyof typeof methods;

export const isMethod = (name: string): name is Method => Object.hasOwn(methods, name);
export const methodNames = Object.keys(methods).filter(isMethod);
export const specOf = (method: Method): MethodSpec => methods[method];
