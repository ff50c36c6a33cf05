import { unnamedPrincipal } from '../../domain/unnamed-principal.ts';
import { plain } from '../cloudtrail/canonical.ts';
import { type NamedReads, present } from '../parsed.ts';
import type { AzureRow } from './row.ts';

/** The names of claims that name a caller, what people read first. */
const names = ['upn', 'uniquename', 'appid', 'oid', 'objectidentifier'];
const column = /^identityclaims?/;

const idReads: NamedReads<ReadonlyMap<string, string>> = [
  ['appid', (claims) => claims.get('appid')],
  ['oid', (claims) => claims.get('oid') ?? claims.get('objectidentifier')],
];

/** The caller, by the claims of its token: a structure, JSON text, or a column for each claim. */
export function readCaller(row: AzureRow): {
  principal: string;
  ids: (readonly [string, string])[];
} {
  const identity = row.inner('identity');
  const claims = new Map<string, string>();
  const take = (name: string, value: unknown) => {
    // A claim's name can be a URL; a column's has lost its slashes.
    const last = plain(name.split('/').at(-1) ?? name);
    const known = names.find((one) => last === one || (name !== last && last.endsWith(one)));
    if (known !== undefined && typeof value === 'string' && value !== '' && !claims.has(known))
      claims.set(known, value);
  };
  const told = identity.inner('claim', 'claims');
  for (const [name, value] of Object.entries(told.whole)) take(name, value);
  for (const [name, value] of row.entries())
    if (column.test(name)) take(`/${name.replace(column, '')}`, value);
  for (const [name, value] of Object.entries(identity.whole)) take(name, value);
  const principal =
    names.flatMap((name) => claims.get(name) ?? [])[0] ?? row.text('caller') ?? unnamedPrincipal;
  return {
    principal,
    ids: present(claims, idReads),
  };
}
