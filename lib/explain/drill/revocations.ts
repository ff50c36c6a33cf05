/**
 * Finds what revoked a key, and what undid it. A key's own state is certain. A change of permissions, trust or an alias
 * is a revocation where a caller that was granted before is refused after it; where nobody asks any more it may be one.
 */
import { isOfKey } from '../../domain/key-changes.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import { callerId, type KeyChange, type KmsAnswer } from './facts.ts';

export interface Revocation {
  first: KeyChange;
  /** Nobody was refused: that it took anything is not certain. */
  maybe: boolean;
  also: KeyChange[];
  restored: KeyChange | null;
  /** Until it was undone; Infinity where it was not. */
  end: number;
}

const dayMs = 86_400_000;
/** From a caller that asked within this time before a change, the change may have taken something. */
const beforeMs = dayMs;

/** Of changes and answers in order of time. */
export function revocationsOf(
  changes: readonly KeyChange[],
  answers: readonly KmsAnswer[],
): Revocation[] {
  const found: Revocation[] = [];
  let open: Revocation | null = null;
  let unclear: KeyChange[] = [];
  const taken = { key: false, access: false };
  for (const [index, change] of changes.entries()) {
    const until = changes[index + 1]?.at ?? Number.POSITIVE_INFINITY;
    const what = isOfKey(change) ? 'key' : 'access';
    const did = effectOf(change, { answers, until, isOpen: open !== null && taken.access });
    if (did === 'takes' || did === 'maybe') {
      taken[what] = true;
      if (open !== null) open.also.push(change);
      else {
        const silent = unclear.filter(({ at }) => noneGranted(answers, at, change.at));
        open = newRevocation(change, silent, did === 'maybe');
        found.push(open);
        unclear = [];
      }
    } else if (did === 'gives' && open !== null) {
      taken[what] = false;
      if (taken.key || taken.access) continue;
      open.restored = change;
      open.end = change.at;
      open = null;
    } else if (open === null && what === 'access' && change.effect !== 'gives')
      if (change.effect !== 'none') unclear.push(change);
  }
  return found;
}

/**
 * Of several changes with no request granted since the first, any may be what took it: of permissions it is measured
 * from the first of them, so that no time is left out.
 */
function newRevocation(
  change: KeyChange,
  silent: readonly KeyChange[],
  maybe: boolean,
): Revocation {
  const [first = change, ...also] = isOfKey(change) ? [change, ...silent] : [...silent, change];
  return { first, maybe, also, restored: null, end: Number.POSITIVE_INFINITY };
}

const noneGranted = (answers: readonly KmsAnswer[], from: number, to: number): boolean =>
  answersIn(answers, from + 1, to + 1).every(({ refusal }) => refusal !== null);

type Did = 'takes' | 'gives' | 'maybe' | 'nothing';

/** What a change did, by its name where that is certain, else by the answers until the next change. */
function effectOf(
  change: KeyChange,
  about: { answers: readonly KmsAnswer[]; until: number; isOpen: boolean },
): Did {
  const { effect } = change;
  if (effect === 'none') return 'nothing';
  if (isOfKey(change)) return effect === 'takes' ? 'takes' : 'gives';
  const { answers, until, isOpen } = about;
  const after = answersIn(answers, change.at, until);
  if (isOpen) {
    // What is granted in the change's own second may have been asked before it.
    const given = after.some(({ refusal, at }) => refusal === null && at > change.at);
    if (effect !== 'takes' && given) return 'gives';
    return effect === 'takes' ? 'takes' : 'nothing';
  }
  if (effect === 'gives') return 'nothing';
  // A refusal in the change's own second came of it, as far as the log tells.
  const before = lastAnswers(
    answersIn(answers, change.at - beforeMs, change.at + 1).filter(
      ({ at, refusal }) => at < change.at || refusal === null,
    ),
  );
  const granted = [...before.values()].filter(({ refusal }) => refusal === null);
  const had = new Set(granted.map(({ caller }) => callerId(caller)));
  const refused = after.some(
    ({ refusal, caller, operation }) =>
      refusal !== null &&
      (refusal !== 'state' || change.kind === 'alias') &&
      had.has(callerId(caller)) &&
      (before.get(tupleKey(callerId(caller), operation))?.refusal ?? null) === null,
  );
  if (refused) return 'takes';
  const isLast = until === Number.POSITIVE_INFINITY;
  return isLast && granted.length > 0 && after.every(({ at }) => at === change.at)
    ? 'maybe'
    : 'nothing';
}

/** The last answer to each caller and operation. */
function lastAnswers(answers: readonly KmsAnswer[]): Map<string, KmsAnswer> {
  return new Map(
    answers.map((answer) => [tupleKey(callerId(answer.caller), answer.operation), answer]),
  );
}

/** Answers in `[from, to)`, of answers in order of time. */
export function answersIn(
  answers: readonly KmsAnswer[],
  from: number,
  to: number,
): readonly KmsAnswer[] {
  return answers.slice(firstFrom(answers, from), firstFrom(answers, to));
}

function firstFrom(answers: readonly KmsAnswer[], at: number): number {
  let [low, high] = [0, answers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((answers[middle]?.at ?? at) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
