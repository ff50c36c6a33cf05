/**
 * Who may use a key: its policy (the resource's side) and what the identity's own policies allow.
 * In the key's account either side is enough, the identity's only where the key policy names the
 * account; across accounts both are needed. An explicit deny wins, and nothing said means no.
 */
import { z } from 'zod';
import { AwsFault } from './aws-fault.ts';
import { identityArn, type Principal } from './principals.ts';

export interface KeyPolicy {
  statements: readonly Statement[];
}

interface Statement {
  effect: 'Allow' | 'Deny';
  principals: ReadonlySet<string>;
  allows: (action: string) => boolean;
}

/** Why a call is not allowed, in the parts AWS tells apart; null when it is allowed. */
export type PolicyRefusal = 'explicit-deny' | 'resource-policy' | 'identity-policy' | null;

const oneOrMore = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value));

// Strict, because an element that were ignored (a Condition, a NotAction) would grant more than it
// says.
const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.union([
    z.literal('*').transform(() => ['*']),
    z
      .strictObject({ AWS: oneOrMore.optional(), Service: oneOrMore.optional() })
      .transform(({ AWS }) => AWS ?? []),
  ]),
  Action: oneOrMore,
  Resource: z.union([z.literal('*'), z.tuple([z.literal('*')])]).optional(),
});

const policySchema = z.strictObject({
  Version: z.enum(['2012-10-17', '2008-10-17']).optional(),
  Id: z.string().optional(),
  Statement: z.union([statementSchema.transform((one) => [one]), z.array(statementSchema)]),
});

/** Reads a key policy document. `MalformedPolicyDocumentException` names what is not understood. */
export function parseKeyPolicy(document: string): KeyPolicy {
  const parsed = policySchema.safeParse(parseJson(document));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw malformed(`${issue?.path.join('.') || 'policy'}: ${issue?.message ?? 'invalid'}`);
  }
  return {
    statements: parsed.data.Statement.map(({ Effect, Principal: names, Action }) => ({
      effect: Effect,
      principals: new Set(names.map(accountRoot)),
      allows: actionMatcher(Action),
    })),
  };
}

function parseJson(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    throw malformed('the policy is not JSON');
  }
}

const malformed = (message: string) => new AwsFault('MalformedPolicyDocumentException', message);

/** A bare account id means the same as the account's root ARN. */
const accountRoot = (name: string) => (/^\d{12}$/.test(name) ? `arn:aws:iam::${name}:root` : name);

/** What a key gets when it is created without a policy: its account's identity policies decide. */
export function defaultKeyPolicy(account: string): string {
  const principal = { AWS: `arn:aws:iam::${account}:root` };
  const statement = { Effect: 'Allow', Principal: principal, Action: 'kms:*', Resource: '*' };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

/**
 * Matches actions such as `kms:Decrypt` against patterns with `*` and `?`, without regard to case.
 */
function actionMatcher(patterns: readonly string[]): (action: string) => boolean {
  const sources = patterns.map((pattern) =>
    pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.'),
  );
  const expression = new RegExp(`^(?:${sources.join('|')})$`, 'i');
  return (action) => sources.length > 0 && expression.test(action);
}

const matchers = new WeakMap<Principal, (action: string) => boolean>();

/** Whether the identity's own policies allow an action. */
export function identityAllows(principal: Principal, action: string): boolean {
  let matcher = matchers.get(principal);
  if (!matcher) {
    matcher = actionMatcher(principal.allow);
    matchers.set(principal, matcher);
  }
  return matcher(action);
}

/** Decides one call on one key. */
export function policyRefusal(input: {
  policy: KeyPolicy;
  keyAccount: string;
  principal: Principal;
  action: string;
}): PolicyRefusal {
  const { policy, keyAccount, principal, action } = input;
  const root = `arn:aws:iam::${principal.account}:root`;
  const identity = identityArn(principal);
  let named = false;
  let delegated = false;
  for (const { effect, principals, allows } of policy.statements) {
    const byName = principals.has('*') || principals.has(identity) || principals.has(principal.arn);
    const byAccount = principals.has(root);
    if (!(byName || byAccount) || !allows(action)) continue;
    if (effect === 'Deny') return 'explicit-deny';
    named ||= byName;
    delegated ||= byAccount;
  }
  if (!named && !delegated) return 'resource-policy';
  if (named && keyAccount === principal.account) return null;
  return identityAllows(principal, action) ? null : 'identity-policy';
}
