/** What can be done to a lab's key and the way to it. An act that makes no sense changes nothing and says why. */
import { parseKeyUri } from '@keytide/crypto-core';
import { actWords } from '../../shared/lab/lab-act-words.ts';
import type { LabAct, LabActKind, LabKeyName, LabTurn } from '../../shared/lab/lab-view.ts';
import { countText, instantText, spanText } from '../../shared/screen-text.ts';
import type { Lab } from './lab.ts';
import { sessionMs } from './lab-member.ts';

const cloudNames = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure', local: 'this machine' };

/** Does it, or says why not. */
export async function carryOut(lab: Lab, act: LabAct): Promise<LabTurn> {
  const refusal = refusalOf(lab, act);
  if (refusal !== null) return lab.say('refused', `${refusal} Nothing was changed.`);
  const done = await actions[act.kind](lab, act);
  const turn = lab.say('done', `${actWords(act.kind).done[lab.config.cloud]}${done}`);
  lab.observe();
  return turn;
}

/** Why an act cannot be; null where it can. */
function refusalOf(lab: Lab, act: LabAct): string | null {
  const { key: name } = lab.registered;
  const state = lab.keys.asked(name, lab.now);
  const key = `Key ${name}`;
  const gone = `${key} is deleted for good: nothing brings it back, and no other key reads what it wrapped.`;
  const refusals: Partial<Record<LabActKind, () => string | null>> = {
    disable: () =>
      state === 'gone'
        ? gone
        : state === 'enabled'
          ? null
          : `${key} is ${state === 'disabled' ? 'disabled' : 'pending deletion'} already.`,
    enable: () =>
      state === 'gone' ? gone : state === 'enabled' ? `${key} is enabled already.` : null,
    'schedule-deletion': () =>
      state === 'gone'
        ? gone
        : state === 'pending-deletion'
          ? `${key} is pending deletion already.`
          : null,
    'take-permission': () =>
      lab.keys.isPermitted(name) ? null : `The service has no permission on key ${name} already.`,
    'give-permission': () =>
      lab.keys.isPermitted(name) ? `The service has its permission on key ${name}.` : null,
    'detach-trust': () => (lab.trusted ? null : 'The trust is detached already.'),
    'attach-trust': () => (lab.trusted ? 'The service is trusted.' : null),
    rotate: () =>
      state === 'gone'
        ? gone
        : state !== 'enabled'
          ? `${key} is not enabled: it cannot be rotated.`
          : lab.keys.isSettled(name, lab.now)
            ? null
            : `A change of key ${name} is still on its way: rotate it when that is in force.`,
    'repoint-alias': () => aliasRefusal(lab),
    'switch-key': () => targetOf(lab, act).refusal,
    'cut-off': () => (lab.kms === 'cut-off' ? 'The KMS is cut off already.' : null),
    throttle: () => (lab.kms === 'throttled' ? 'The KMS is throttled already.' : null),
    restore: () => (lab.kms === 'open' ? 'The KMS answers every request.' : null),
  };
  return refusals[act.kind]?.() ?? null;
}

function aliasRefusal({ cloud, config, registered }: Lab): string | null {
  if (cloud.aliasUri === null)
    return `${cloudNames[config.cloud]} has no aliases of keys: switch the key id instead.`;
  if (registered.via === 'alias') return null;
  return 'The workspaces are registered under a key’s own id, not under the alias.';
}

const other = (name: LabKeyName): LabKeyName => (name === 'A' ? 'B' : 'A');

/** Which key a switch leads to, by name or URI. */
function targetOf(
  { cloud, registered, config }: Lab,
  { key }: LabAct,
): { key: LabKeyName; refusal: string | null } {
  const wanted = key?.trim() ?? '';
  const to = (name: LabKeyName) => ({
    key: name,
    refusal:
      registered.via === 'id' && registered.key === name
        ? `The workspaces are registered under key ${name} already.`
        : null,
  });
  if (wanted === '') return to(other(registered.key));
  for (const name of ['A', 'B'] as const)
    if (wanted === name || wanted === cloud.keyUri(name)) return to(name);
  const refused = (refusal: string) => ({ key: registered.key, refusal });
  let provider: keyof typeof cloudNames;
  try {
    ({ provider } = parseKeyUri(wanted));
  } catch {
    return refused('That is not the name or URI of a key.');
  }
  return provider === config.cloud
    ? refused('The customer has no such key in this lab: it has key A and key B.')
    : refused(
        `That is a key of ${cloudNames[provider]}, and this lab runs on ${cloudNames[config.cloud]}: ` +
          'a key of another cloud never opens what this one wrapped.',
      );
}

type Action = (lab: Lab, act: LabAct) => string | Promise<string>;

const actions: Record<LabActKind, Action> = {
  disable: (lab) => {
    const { key } = lab.registered;
    const { inForceAt } = lab.cloud.setEnabled(key, false);
    lab.keys.setEnabled(key, false, inForceAt);
    return revoked(lab, 'disable', inForceAt);
  },
  enable: (lab) => {
    const { key } = lab.registered;
    if (lab.keys.asked(key, lab.now) === 'pending-deletion') {
      const { present, enabled } = lab.cloud.cancelDeletion(key);
      lab.keys.cancelDeletion(key, { present, enabled });
    } else {
      lab.keys.setEnabled(key, true, lab.cloud.setEnabled(key, true).inForceAt);
    }
    return undone(lab, ['disable', 'schedule-deletion']);
  },
  'schedule-deletion': (lab) => {
    const { key } = lab.registered;
    const { inForceAt } = lab.cloud.scheduleDeletion(key);
    const goneAt = lab.now + lab.cloud.deletionMs;
    lab.keys.scheduleDeletion(key, inForceAt, goneAt);
    const said = revoked(lab, 'schedule-deletion', inForceAt);
    return `${said} It is gone for good at ${instantText(goneAt)}.`;
  },
  'take-permission': (lab) => {
    const { key } = lab.registered;
    const { inForceAt } = lab.cloud.setPermitted(key, false);
    lab.keys.setPermitted(key, false, inForceAt);
    return revoked(lab, 'take-permission', inForceAt);
  },
  'give-permission': (lab) => {
    const { key } = lab.registered;
    lab.keys.setPermitted(key, true, lab.cloud.setPermitted(key, true).inForceAt);
    return undone(lab, ['take-permission']);
  },
  'detach-trust': (lab) => {
    lab.trusted = false;
    return revoked(lab, 'detach-trust', lab.now + sessionMs);
  },
  'attach-trust': (lab) => {
    lab.trusted = true;
    return undone(lab, ['detach-trust']);
  },
  rotate: (lab) => {
    lab.cloud.rotate(lab.registered.key);
    lab.keys.rotate(lab.registered.key);
    return ' The new material is first used by the next data key.';
  },
  'repoint-alias': (lab) => {
    const from = lab.registered.key;
    lab.cloud.pointAlias(other(from));
    lab.registered = { via: 'alias', key: other(from) };
    return moved(lab, 'repoint-alias', from);
  },
  'switch-key': (lab, act) => {
    const from = lab.registered.key;
    const { key } = targetOf(lab, act);
    lab.registered = { via: 'id', key };
    if (key === from) return ' It is the key that the alias pointed to.';
    return moved(lab, 'switch-key', from);
  },
  'cut-off': (lab) => setKms(lab, 'cut-off'),
  throttle: (lab) => setKms(lab, 'throttled'),
  restore: (lab) => setKms(lab, 'open'),
  deploy: (lab, { spread = lab.spread }) => {
    lab.deploy(spread);
    return spread === 'none' ? '' : ' A load from cold now gets a random part of the TTL.';
  },
  check: async (lab) => {
    const { reads, differing, messages, readableMessages } = await lab.check();
    const asSaid =
      differing === 0
        ? 'each as the screen said'
        : `${countText(differing)} of them otherwise than the screen said`;
    return ` ${countText(reads)} reads, ${asSaid}: ${countText(readableMessages)} of ${countText(messages)} messages can be read.`;
  },
};

function setKms(lab: Lab, kms: Lab['kms']): string {
  const { side } = lab.cloud;
  lab.kms = kms;
  side.faults.end();
  const always = { from: lab.now, to: Number.POSITIVE_INFINITY };
  if (kms === 'cut-off') side.faults.add({ kind: 'internal', share: 1, ...always });
  if (kms === 'throttled') side.faults.add({ kind: 'throttled', share: 0.5, ...always });
  return '';
}

function revoked(lab: Lab, kind: LabActKind, inForceAt: number, from = lab.registered.key): string {
  const begins = Math.max(lab.now, inForceAt);
  const promisedBy = begins + lab.ttlMs;
  lab.revocations.push({ kind, at: lab.now, promisedBy, darkAt: null, undoneAt: null, from });
  const wait = begins - lab.now;
  const delay = wait === 0 ? 'at once' : `within ${spanText(wait)}`;
  return ` In force ${delay}; dark by ${instantText(promisedBy, 'second')}, as promised.`;
}

function undone(lab: Lab, kinds: readonly LabActKind[]): string {
  for (const revocation of lab.revocations)
    if (kinds.includes(revocation.kind)) revocation.undoneAt ??= lab.now;
  return '';
}

/** Another key is a revocation of what the one before wrapped, and gives back what this one wrapped. */
function moved(lab: Lab, kind: LabActKind, from: LabKeyName): string {
  for (const revocation of lab.revocations) {
    const isMove = revocation.kind === 'repoint-alias' || revocation.kind === 'switch-key';
    if (isMove && revocation.from === lab.registered.key) revocation.undoneAt ??= lab.now;
  }
  const said = revoked(lab, kind, lab.now, from);
  return ` It was key ${from} and is key ${lab.registered.key} now: a revocation of what key ${from} wrapped.${said}`;
}
