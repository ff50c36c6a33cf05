/**
 * Finds the key a call is about and says whether the caller may do this with it, in AWS's words
 * where not.
 */
import type { CallTrace } from './api-call.ts';
import { AwsFault } from './aws-fault.ts';
import { identityAllows, type PolicyRefusal, policyRefusal } from './key-policy.ts';
import type { KeyRing, KmsKey } from './kms-keys.ts';
import type { Principal } from './principals.ts';
import { requiredText } from './request-fields.ts';

/** One KMS call, as every operation takes it. */
export interface AwsKmsCall {
  principal: Principal;
  /** Sandbox time, epoch ms. */
  now: number;
  input: Readonly<Record<string, unknown>>;
  trace: CallTrace;
}

/** The key that `KeyId` names, if the caller may do this with it. */
export function namedKey(ring: KeyRing, call: AwsKmsCall, operation: string): KmsKey {
  const { principal, now, input, trace } = call;
  const keyId = requiredText(input, 'KeyId');
  trace.parameters ??= { keyId };
  const key = ring.resolve(keyId, { account: principal.account, now });
  authorize(call, { key, action: `kms:${operation}`, on: ` on resource: ${key.record.arn}` });
  return key;
}

/** As `namedKey`, for the operations that work in the key's own account only. */
export function ownKey(ring: KeyRing, call: AwsKmsCall, operation: string): KmsKey {
  const key = namedKey(ring, call, operation);
  const { account, arn } = key.record;
  if (account === call.principal.account) return key;
  const on = ` on resource: ${arn}`;
  throw refuse(call, { action: `kms:${operation}`, on, refusal: 'resource-policy', account });
}

/** The key a ciphertext was made under, for a Decrypt that names none. */
export function ciphertextKey(ring: KeyRing, call: AwsKmsCall, keyId: string | null): KmsKey {
  if (keyId === null) throw new AwsFault('InvalidCiphertextException', '');
  const key = ring.byBlobId(keyId, call.now);
  const on = ' on the resource associated with this ciphertext';
  const action = 'kms:Decrypt';
  if (!key) throw refuse(call, { action, on, refusal: 'resource-policy', account: null });
  const { account, arn } = key.record;
  // Only the key's own account is told which key it was.
  const own = account === call.principal.account;
  authorize(call, { key, action, on: own ? ` on resource: ${arn}` : on });
  return key;
}

/** For requests that name no key yet: only the identity's own policies count. */
export function authorizeIdentity(call: AwsKmsCall, action: string): void {
  const { account } = call.principal;
  if (identityAllows(call.principal, action)) return;
  throw refuse(call, { action, on: '', refusal: 'identity-policy', account });
}

function authorize(call: AwsKmsCall, target: { key: KmsKey; action: string; on: string }): void {
  const { principal, trace, now } = call;
  const { key, action, on } = target;
  const { account } = key.record;
  const refusal = policyRefusal({
    policy: key.policyAt(now),
    keyAccount: account,
    principal,
    action,
  });
  if (refusal !== null) throw refuse(call, { action, on, refusal, account });
  trace.key = key.reference;
}

/** `account` is the key's, null where there is no such key. */
function refuse(
  { principal, trace }: AwsKmsCall,
  what: {
    action: string;
    on: string;
    refusal: Exclude<PolicyRefusal, null>;
    account: string | null;
  },
): AwsFault {
  const { action, on, refusal, account } = what;
  // A denial is logged without parameters and resources, as real logs sometimes have it.
  trace.parameters = null;
  trace.key = null;
  const reasons = {
    'explicit-deny': 'with an explicit deny in a resource-based policy',
    'identity-policy': `because no identity-based policy allows the ${action} action`,
    'resource-policy':
      account === principal.account
        ? `because no resource-based policy allows the ${action} action`
        : 'because the resource does not exist in this Region, no resource-based policies allow ' +
          'access, or a resource-based policy explicitly denies access',
  };
  const subject = `User: ${principal.arn} is not authorized to perform: ${action}${on}`;
  return new AwsFault('AccessDeniedException', `${subject} ${reasons[refusal]}`);
}
