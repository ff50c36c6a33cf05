import { actionOf, type KmsAction } from '../../domain/kms-operations.ts';
import { structure } from '../plain-fields.ts';
import type { AzureRow } from './row.ts';

/** The activity log's operations, by how they end. */
const activities: readonly (readonly [RegExp, KmsAction])[] = [
  [/\/purge(?:\/action)?$/, 'destroy'],
  [/\/recover(?:\/action)?$/, 'cancel'],
  [/\/(?:keys|vaults|managedhsms)\/delete$/, 'schedule'],
  [/\/keys\/(?:restore|import|create)(?:\/action)?$|\/keys\/write$/, 'create'],
  [/\/keys\/rotate(?:\/action)?$|\/rotationpolicy\//, 'rotation'],
  [/\/accesspolicies\/write$|\/(?:vaults|managedhsms)\/write$/, 'policy'],
  [/\/roleassignments\/(?:write|delete)$/, 'identity'],
  [/\/keys\/(?:wrap|encrypt)(?:\/action)?$/, 'encrypt'],
  [/\/keys\/(?:unwrap|decrypt)(?:\/action)?$/, 'decrypt'],
  [/\/keys\/(?:sign|verify)(?:\/action)?$/, 'other-use'],
];

/** What a row's operation does. */
export function actionIn({
  row,
  operation,
  status,
}: {
  row: AzureRow;
  operation: string;
  status: number | null;
}): KmsAction {
  // A request without a token is answered with a challenge: neither a use of the key nor a denial.
  if (status === 401) return 'challenge';
  if (operation === 'KeyUpdate') return enabledIn(row);
  if (!operation.includes('/')) return actionOf(operation);
  const name = operation.toLowerCase();
  return activities.find(([pattern]) => pattern.test(name))?.[1] ?? 'other';
}

function enabledIn(row: AzureRow): KmsAction {
  const properties = row.inner('keyproperties');
  const attributes = structure(properties.get('attributes'));
  const enabled = attributes?.enabled ?? properties.get('enabled');
  return enabled === true ? 'enable' : enabled === false ? 'disable' : 'other';
}
