/** What a lab’s state means, in one sentence that counts down. Everything is taken from the view. */
import { nounText, spanText } from '../screen-text.ts';
import { actWords } from './lab-act-words.ts';
import type { LabProcess, LabRevocation, LabView } from './lab-view.ts';

type Told = Pick<LabView, 'processes' | 'kms' | 'trusted' | 'keys' | 'registered' | 'revocations'>;

/** `1 h 2 min`, `14 min 20 s`, `8 s`; rounded up, so that it is nothing only when it is over. */
export function leftText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** Until when a process can use what it holds: of what was taken if something was, else of all. */
export const lastUseOf = ({ isTaken, lastUseBy, lastLeaseEndsAt }: LabProcess): number | null =>
  isTaken ? lastUseBy : lastLeaseEndsAt;

/** The state of the lab at `now`, which runs on between two looks. */
export function labSentence(view: Told, now: number): string {
  const { processes, kms, keys, registered } = view;
  const all = nounText(processes.length, 'process', 'processes');
  const ends = processes.flatMap((process) => {
    const end = lastUseOf(process);
    return end !== null && end > now ? [end] : [];
  });
  const last = leftText(Math.max(0, ...ends) - now);
  if (processes.every(({ isTaken }) => isTaken) && processes.length > 0)
    return takenSentence(view, { held: ends.length, all, last });
  const key = keys.find(({ name }) => name === registered.key);
  if (key?.inForceAt != null && key.inForceAt > now)
    return `The change is on its way: the KMS obeys it in ${leftText(key.inForceAt - now)}.`;
  if (kms === 'cut-off')
    return ends.length === 0
      ? `The KMS cannot be reached and no lease is left. Nothing was taken away: all is back when it answers.`
      : `The KMS cannot be reached. ${ends.length} of ${all} serve on from leases; the last ends in ${last}.`;
  if (!view.trusted) return sessionSentence(view, now);
  const throttled =
    kms === 'throttled' ? 'Every other request is turned away, and asked again. ' : '';
  if (ends.length === 0) return `${throttled}No process holds a key yet.`;
  return `${throttled}${ends.length} of ${all} hold keys. If the key were taken now, the last could be used for ${last}.`;
}

function takenSentence(
  { revocations, registered }: Told,
  { held, all, last }: { held: number; all: string; last: string },
): string {
  const open = revocations.filter(({ undoneAt }) => undoneAt === null);
  const isMove = open.length > 0 && open.every(isOfOldData);
  const what = isMove ? `keys that key ${registered.key} does not open` : 'keys';
  if (held > 0) return `${held} of ${all} still hold ${what}; the last goes dark in ${last}.`;
  const newest = open.at(-1);
  if (newest?.darkAt == null)
    return isMove ? 'Older data is dark everywhere.' : `Everything is dark in ${all}.`;
  return `${isMove ? 'Older data is dark everywhere' : `Everything is dark in ${all}`}, ${darkText(newest)}`;
}

const isOfOldData = ({ kind }: LabRevocation): boolean =>
  kind === 'repoint-alias' || kind === 'switch-key';

/** `53 min after “Disable the key”; the promise was 1 h.`; `at once by` where nobody held anything. */
function darkText({ kind, at, darkAt, promisedBy }: LabRevocation): string {
  const took = (darkAt ?? at) - at;
  const kept = (darkAt ?? at) <= promisedBy ? 'the promise was' : 'later than promised, which was';
  const when = took === 0 ? 'at once by' : `${spanText(took)} after`;
  return `${when} “${actWords(kind).label}”; ${kept} ${spanText(promisedBy - at)}.`;
}

function sessionSentence({ processes }: Told, now: number): string {
  const left = processes.filter(({ sessionEndsAt }) => sessionEndsAt > now);
  const last = Math.max(0, ...left.map(({ sessionEndsAt }) => sessionEndsAt));
  return `The trust is gone. ${left.length} of ${processes.length} sessions run on; the last ends in ${leftText(last - now)}, and then no key is given.`;
}

/** A report of what was done and measured, as Markdown lists it. */
export function labReport(view: LabView): string[] {
  const lines = view.revocations.map((revocation) =>
    revocation.darkAt === null
      ? revocation.undoneAt === null
        ? `“${actWords(revocation.kind).label}”: not dark yet.`
        : `“${actWords(revocation.kind).label}”: undone after ${spanText(revocation.undoneAt - revocation.at)}, before all was dark.`
      : `Dark ${darkText(revocation)}`,
  );
  const checks = view.checks.map(
    ({ reads, differing, messages, readableMessages }) =>
      `${nounText(reads, 'read')} of every stored message in every process, ${differing === 0 ? 'each as the screen said' : `${differing} otherwise than the screen said`}: ${readableMessages} of ${messages} messages could be read.`,
  );
  const late =
    view.lateReleases === 0
      ? 'No plaintext was given a TTL or more after the KMS last said yes.'
      : `${nounText(view.lateReleases, 'plaintext')} came a TTL or more after the KMS last said yes.`;
  const log =
    view.residual === 0
      ? 'Every KMS request that was answered is in the audit log or on its way there.'
      : `The audit log and the requests that were answered differ by ${view.residual}.`;
  return [...lines, ...checks, late, log];
}
