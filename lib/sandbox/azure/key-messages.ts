/** Key Vault's JSON: keys with their attributes, and what an operation gives. */
import type { KeyVersion } from './vault-keys.ts';

export type KeyVaultJson = Readonly<Record<string, unknown>>;

interface Named {
  vault: { host: string };
  key: string;
  version: KeyVersion;
}

const kidOf = ({ vault, key, version }: Named) =>
  `https://${vault.host}/keys/${key}/${version.version}`;

const secondsOf = (ms: number) => Math.floor(ms / 1000);

/** A key in an answer: with its public half, or without any material. */
export function keyMessage(named: Named): KeyVaultJson {
  const { material } = named.version;
  const shown = material.kty === 'RSA' ? material.publicKey.export({ format: 'jwk' }) : {};
  return {
    key: { kid: kidOf(named), kty: material.kty, key_ops: ['wrapKey', 'unwrapKey'], ...shown },
    attributes: attributesOf(named.version),
  };
}

/** A version as a list of them shows it. */
export const keyItem = (named: Named): KeyVaultJson => ({
  kid: kidOf(named),
  attributes: attributesOf(named.version),
});

const attributesOf = ({ enabled, createdAt, notBefore, expiresAt }: KeyVersion): KeyVaultJson => ({
  enabled: enabled.latest,
  created: secondsOf(createdAt),
  updated: secondsOf(createdAt),
  recoveryLevel: 'Recoverable+Purgeable',
  recoverableDays: 90,
  ...(notBefore !== null && { nbf: secondsOf(notBefore) }),
  ...(expiresAt !== null && { exp: secondsOf(expiresAt) }),
});

export const answerOf = (named: Named, value: Buffer): KeyVaultJson => ({
  kid: kidOf(named),
  value: value.toString('base64url'),
});

/** What a request says of a key's attributes; instants as epoch ms. */
export function readAttributes({ attributes }: KeyVaultJson): {
  enabled?: boolean;
  notBefore?: number;
  expiresAt?: number;
} {
  const given: KeyVaultJson =
    typeof attributes === 'object' && attributes !== null ? { ...attributes } : {};
  return {
    ...(typeof given.enabled === 'boolean' && { enabled: given.enabled }),
    ...(typeof given.nbf === 'number' && { notBefore: given.nbf * 1000 }),
    ...(typeof given.exp === 'number' && { expiresAt: given.exp * 1000 }),
  };
}
