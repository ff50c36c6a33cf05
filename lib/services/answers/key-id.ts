import { parseKeyUri } from '@keytide/crypto-core';
import { logNames } from '../../store/views/key-names.ts';
import { readAliasKeys } from '../../store/views/keys/read-alias-keys.ts';
import type { ViewContext } from '../context.ts';

/**
 * The id of the key that a text names: any spelling of it, or the ARN of an alias, which is the key that it points to
 * as far as the log or its requests tell. What is not known, such as a bare id, is looked for as it is.
 */
export const keyIdOf = async (view: ViewContext, text: string): Promise<string> =>
  (await keysOf(view, text))[0] ?? parsedId(text);

/** The same for a drill: moving an alias takes the key away that it pointed to before. */
export async function drilledKeyOf(view: ViewContext, text: string): Promise<string> {
  const [now, before] = await keysOf(view, text);
  return before ?? now ?? parsedId(text);
}

/** Keys that an alias pointed to, the newest first; none for any other text. */
async function keysOf({ db }: ViewContext, text: string): Promise<string[]> {
  const id = parsedId(text);
  const [, owner = '', alias] = /^(arn:[^:]+:kms:[^:]+:\d{12}):(alias\/.+)$/.exec(id) ?? [];
  const told = alias === undefined ? [] : await readAliasKeys(db, { owner, alias });
  return told.length > 0 ? told : [(await logNames(db))(id)];
}

function parsedId(text: string): string {
  try {
    return parseKeyUri(text).id;
  } catch {
    return text;
  }
}
