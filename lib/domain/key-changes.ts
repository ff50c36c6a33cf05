/** What an event of a key's life takes from its users or gives back: one table for all three clouds. */
import type { Provider } from './audit-record.ts';
import type { KmsAction } from './kms-operations.ts';

/** What a change is made to. `trust` is who may become the identity, `iam` what that identity may do. */
export type ChangeKind =
  | 'key-state'
  | 'destroy'
  | 'policy'
  | 'grant'
  | 'iam'
  | 'trust'
  | 'alias'
  | 'rotation'
  | 'create';

/** `either`: only what follows shows whether it took or gave. `none`: nobody may do more or less for it. */
export type ChangeEffect = 'takes' | 'gives' | 'either' | 'none';

export interface ChangeNature {
  kind: ChangeKind;
  effect: ChangeEffect;
}

const of = (kind: ChangeKind, effect: ChangeEffect): ChangeNature => ({ kind, effect });

const byOperation = new Map<string, ChangeNature>([
  ['CreateGrant', of('grant', 'gives')],
  ['CreateAlias', of('alias', 'gives')],
  ['UpdateAssumeRolePolicy', of('trust', 'either')],
  ['DeleteRole', of('trust', 'takes')],
  ['DeleteUser', of('trust', 'takes')],
  ['DeleteRolePermissionsBoundary', of('iam', 'gives')],
]);

const byAction = new Map<KmsAction, ChangeNature>([
  ['create', of('create', 'none')],
  ['disable', of('key-state', 'takes')],
  ['enable', of('key-state', 'gives')],
  ['schedule', of('destroy', 'takes')],
  ['destroy', of('destroy', 'takes')],
  ['policy', of('policy', 'either')],
  ['grant', of('grant', 'takes')],
  ['alias', of('alias', 'takes')],
  ['rotation', of('rotation', 'none')],
]);

/** What an event changes; null where it is no change of a key or of who may use it. */
export function changeOf(event: {
  provider: Provider;
  operation: string;
  action: KmsAction;
}): ChangeNature | null {
  const { provider, operation, action } = event;
  // AWS and Google give a key back that was to be deleted, but leave it disabled.
  if (action === 'cancel') return of('destroy', provider === 'azure' ? 'gives' : 'none');
  const told = byOperation.get(operation) ?? byAction.get(action);
  if (told !== undefined) return told;
  if (action !== 'identity') return null;
  // A role assignment of Azure is made or taken, never changed.
  if (/\/roleassignments\/write$/i.test(operation)) return of('iam', 'gives');
  return of('iam', /^(?:Detach|Delete)|\/delete$/i.test(operation) ? 'takes' : 'either');
}

/** A key's own state: it holds for whoever uses it. */
export const isOfKey = ({ kind }: Pick<ChangeNature, 'kind'>): boolean =>
  kind === 'key-state' || kind === 'destroy';
