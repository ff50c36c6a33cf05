import { parseKeyUri } from '@keytide/crypto-core';

/** Any spelling of a key is that key; an alias or a bare id is looked for as it is. */
export function keyIdOf(text: string): string {
  try {
    return parseKeyUri(text).id;
  } catch {
    return text;
  }
}
