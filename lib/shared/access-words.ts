/** What a cloud answers about a key, in words: one table for the command and the page. */
import type { AccessCondition, AccessView, KeyPermissions, ValidatedKey } from './access-view.ts';
import { instantText, nounText, spanText } from './screen-text.ts';

export const validStates: Record<
  ValidatedKey['state'],
  { label: string; tone: 'good' | 'warn' | 'bad' }
> = {
  active: { label: 'Active', tone: 'good' },
  'being-revoked': { label: 'Being revoked', tone: 'warn' },
  revoked: { label: 'Revoked', tone: 'bad' },
  unreachable: { label: 'Unreachable', tone: 'warn' },
};

const missingWords: Record<NonNullable<ValidatedKey['missing']>, string> = {
  key: 'the key itself refuses: it is disabled, to be deleted, or is not there. Enable it, or cancel its deletion.',
  identity: 'the key’s cloud does not take the service’s identity: its trust was withdrawn.',
  policy: 'the key’s own policy does not let the identity use it, or there is no such key.',
  assignment:
    'the identity is not given the permission: by its own policy, or by a role assignment.',
  permission:
    'the identity may not use the key. Whether the policy lacks it or its assignment, this cloud does not tell.',
  network: 'the vault’s firewall does not let this address in.',
  credentials: 'the credentials here are not accepted, so nothing is known of the key.',
  service: 'the key’s cloud did not answer, so nothing is known of the key.',
};

/** The state of a key in a sentence. */
export function validText({ state, since, sinceFrom, inForceBy, ttlMs }: ValidatedKey): string {
  if (state === 'active') return 'The key wraps and unwraps: it was asked just now.';
  const from = since === null ? '' : ` since ${instantText(since, 'second')}`;
  const by = sinceFrom === 'log' ? ', by its log' : ', as far as it was asked from here';
  if (state === 'unreachable') return `Whether the key is granted is not known${from}.`;
  const end = inForceBy === null ? '' : instantText(inForceBy, 'second');
  return state === 'being-revoked'
    ? `Refused${from}${by}. In full effect at ${end}: until then processes may use data keys that they hold (TTL ${spanText(ttlMs)}).`
    : `Refused${from}${by}, and in full effect since ${end}: no process holds a data key under it any more.`;
}

/** What to mend; null where nothing is missing. */
export const missingText = ({ missing, operation, reason }: ValidatedKey): string | null =>
  missing === null ? null : `${operation} failed (${reason}): ${missingWords[missing]}`;

export const conditionWords: Record<AccessCondition['condition'], string> = {
  identity: 'The key’s cloud recognises the service’s identity',
  policy: 'A policy allows Encrypt and Decrypt on the key',
  assignment: 'The identity is given that policy',
};

export const metWords: Record<
  AccessCondition['met'],
  { label: string; tone: 'good' | 'bad' | 'plain' }
> = {
  yes: { label: 'Yes', tone: 'good' },
  no: { label: 'No', tone: 'bad' },
  untold: { label: 'Not told', tone: 'plain' },
};

/** Whether the identity may do more than it needs, and what could not be asked. */
export function permissionTexts(permissions: KeyPermissions | null): string[] {
  if (permissions === null) return ['What else the identity may do could not be asked.'];
  const { identity, more, refused, untold } = permissions;
  const lines = [
    more.length === 0
      ? `Least privilege: none of ${nounText(refused.length, 'other permission')} that can be asked for is given.`
      : `More than it needs: ${more.join(', ')}. Take these away: Encrypt and Decrypt are enough.`,
  ];
  if (untold.length > 0)
    lines.push(`The cloud does not tell this identity whether it has: ${untold.join(', ')}.`);
  return identity === null ? lines : [...lines, `Asked as ${identity}.`];
}

const namedMax = 5;

/** Who else uses the key, and whether its log is on. */
export function knownTexts({ others, log }: Pick<AccessView, 'others' | 'log'>): string[] {
  const named = others.slice(0, namedMax).map(({ name }) => name);
  const rest = others.length - named.length;
  const who = `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  const last = log.lastUseAt === null ? '' : instantText(log.lastUseAt);
  const states: Record<AccessView['log']['state'], string> = {
    on: `Its log is on: the last use in it is of ${last}.`,
    off: `Its log leaves uses out${last === '' ? '' : `; the last one in it is of ${last}`}.`,
    none: 'No log of the key has come in, so who else uses it is not known. A marked Encrypt shows whether it is on: `npx keytide check`.',
  };
  const users =
    others.length > 0
      ? `Others use it too: ${who}. A key for this purpose alone is safer to revoke.`
      : 'Nobody else uses it, as far as its log was read.';
  return log.state === 'none' ? [states.none] : [users, states[log.state]];
}
