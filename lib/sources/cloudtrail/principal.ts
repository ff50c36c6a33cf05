import type { AuditRecord } from '../../domain/audit-record.ts';
import { unnamedPrincipal } from '../../domain/unnamed-principal.ts';
import { type Fields, field, object, text } from './fields.ts';

type Principal = Pick<AuditRecord, 'principal' | 'principalName' | 'session' | 'account'>;

/** A federated user's id is `<account>:<name>`: the name is the identity there, not a session. */
const accountAndName = /^\d{12}:/;

/**
 * Who made the request, from `userIdentity`, which may lack any of its fields: service events have
 * no `type`, AWS services only `invokedBy`, and callers from another account (`AWSAccount`) no
 * `arn`.
 */
export function readPrincipal(identity: Fields | null): Principal {
  const account = text(identity, 'accountId');
  const arn = text(identity, 'arn');
  const { id, session } = splitId(text(identity, 'principalId'));
  const person = onBehalfOf(identity);
  const principal =
    id ??
    arn ??
    person?.id ??
    text(identity, 'invokedBy') ??
    text(identity, 'userName') ??
    text(identity, 'type') ??
    unnamedPrincipal;
  const foreign = account !== null && id !== null ? `${account}/${id}` : principal;
  const principalName = roleArn(identity) ?? arn ?? person?.name ?? foreign;
  return { principal, principalName, session, account };
}

/** A user of IAM Identity Center has no id of its own, or all of them the same one. */
function onBehalfOf(identity: Fields | null): { id: string; name: string } | null {
  const person = object(field(identity, 'onBehalfOf'));
  const id = text(person, 'userId');
  if (id === null) return null;
  const store = text(person, 'identityStoreArn');
  return { id, name: store === null ? `Identity Center user ${id}` : `${store}/user/${id}` };
}

function splitId(principalId: string | null): { id: string | null; session: string | null } {
  const colon = principalId?.indexOf(':') ?? -1;
  if (principalId === null || colon <= 0 || accountAndName.test(principalId)) {
    return { id: principalId, session: null };
  }
  return { id: principalId.slice(0, colon), session: principalId.slice(colon + 1) || null };
}

const sessionArn = /^(arn:[\w-]+:sts::\d+:assumed-role\/[^/]+)\//;

/**
 * The role behind a session: its own `arn` names the session, which differs from process to
 * process.
 */
function roleArn(identity: Fields | null): string | null {
  if (text(identity, 'type') !== 'AssumedRole') return null;
  const issuer = object(field(object(field(identity, 'sessionContext')), 'sessionIssuer'));
  return text(issuer, 'arn') ?? sessionArn.exec(text(identity, 'arn') ?? '')?.[1] ?? null;
}
