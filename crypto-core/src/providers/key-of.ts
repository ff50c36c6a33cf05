import { type KeyUri, parseKeyUri } from '../key-uri.ts';
import { KmsFault, type KmsRequest } from '../provider.ts';

/** Parses the key of a request for the provider of one cloud. @throws {KmsFault} if it is not a key of that cloud */
export function keyOf<P extends KeyUri['provider']>(
  { keyUri }: Pick<KmsRequest, 'keyUri'>,
  provider: P,
): Extract<KeyUri, { provider: P }> {
  try {
    const key = parseKeyUri(keyUri);
    if (isOf(key, provider)) return key;
    throw new TypeError(`the key URI is not of ${provider}`);
  } catch (cause) {
    throw new KmsFault('denied', 'InvalidKeyUri', { sent: false, cause });
  }
}

const isOf = <P extends KeyUri['provider']>(
  key: KeyUri,
  provider: P,
): key is Extract<KeyUri, { provider: P }> => key.provider === provider;
