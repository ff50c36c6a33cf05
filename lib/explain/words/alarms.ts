/** What is more serious than any saving: told first, most serious first. */
import { callsHref } from '../../shared/calls-href.ts';
import type { Alarm, SourceCoverage } from '../../shared/dto.ts';
import type { KeyLifeState } from '../../shared/keys-view.ts';
import { linked, type Said, said, unlinked } from '../../shared/said.ts';
import { countText, instantText, nounText } from '../../shared/screen-text.ts';
import type { SpikeView } from '../../shared/spike-view.ts';
import { queryText } from '../../shared/window-param.ts';
import { total, type WindowFacts } from '../ledger/facts.ts';
import type { LedgerCounts } from '../ledger/ledger-counts.ts';
import { unseenText } from '../spikes/drop-cause.ts';

/** A key that its cloud refuses for its state, as its log tells it. */
export interface TakenKey {
  key: string;
  state: Exclude<KeyLifeState, 'enabled' | 'untold'>;
  since: number;
  by: string;
  /** No other key is asked about. */
  isOnly: boolean;
  /** Leases under it that run now, the first to end and the last; null for a time that is over. */
  held: { deks: number; firstEndsAt: number; lastEndsAt: number; isRefused: boolean } | null;
  /** What its log shows since, where there is no telemetry to tell what is held. */
  logged: { lastSuccessAt: number | null; firstDenialAt: number | null } | null;
}

export interface AlarmFacts {
  taken: TakenKey | null;
  /** How many processes are refused and hold nothing now; null where nobody can tell. */
  processes: { dark: number; of: number } | null;
  counts: LedgerCounts;
  facts: WindowFacts;
  residual: number;
  coverage: readonly SourceCoverage[];
  /** Largest lack first; so many smaller ones were not looked into. */
  drops: readonly Pick<SpikeView, 'sentence'>[];
  unseenDrops: number;
}

/** In this order: denials, a key taken away, outages, failures, suspects, a residual, a log that is off, drops. */
export function alarmsOf(given: AlarmFacts): Alarm[] {
  const told = [denials, keyTaken, outages, failures, suspects, unbalanced, logOff, drop];
  return told.flatMap((tell) => tell(given) ?? []);
}

const bad = (id: Alarm['id'], sentence: string | Said): Alarm => ({
  id,
  tone: 'bad',
  ...(typeof sentence === 'string' ? unlinked(sentence) : sentence),
});

/** Attempts that the KMS denied, and lookups that ended by a denial, remembered ones among them. */
export function deniedIn({ counts, facts }: Pick<AlarmFacts, 'counts' | 'facts'>): {
  denied: number;
  refused: number;
} {
  const denied = total(
    facts.sums,
    ({ measure, label }) => measure === 'attempts' && label === 'unmatched:denied',
  );
  return { denied, refused: counts.outcomes.get('denial') ?? 0 };
}

function denials({ counts, facts, taken, processes }: AlarmFacts): Alarm | null {
  const { denied, refused } = deniedIn({ counts, facts });
  if (denied + refused === 0) return null;
  const requests =
    denied > 0
      ? said`The KMS denied ${linked(nounText(denied, 'request'), callsHref({ show: 'never-logged' }))}`
      : 'The KMS denied the key';
  // Those that asked are misses: what was refused comes on top of them.
  const more = denied > 0 ? 'more ' : '';
  const lookups =
    refused > 0
      ? `, and ${nounText(refused, `${more}lookup was`, `${more}lookups were`)} refused without asking it again`
      : '';
  return bad(
    'denials',
    said`${requests}${lookups}: what they were for could not be encrypted or decrypted.${taken === null ? darkText(processes) : ''}`,
  );
}

/** What attempts show as long as the log does not tell that the key was taken away. */
function darkText(processes: AlarmFacts['processes']): string | Said {
  if (processes === null || processes.dark === 0) return '';
  const { dark, of } = processes;
  const all = nounText(of, 'process', 'processes');
  const are = dark === 1 ? 'is' : 'are';
  return said` Of ${linked(all, '/cache')} ${countText(dark)} ${are} dark now, refused and without a data key.`;
}

const takenWords: Record<TakenKey['state'], string> = {
  disabled: 'was disabled',
  'pending-deletion': 'was scheduled for deletion',
  deleted: 'was deleted',
};

function keyTaken({ taken }: AlarmFacts): Alarm | null {
  if (taken === null) return null;
  const { state, since, by, isOnly } = taken;
  const key = linked(isOnly ? 'The key' : 'A key', `/keys/${encodeURIComponent(taken.key)}`);
  return bad(
    'key',
    said`${key} ${takenWords[state]} at ${instantText(since)} by ${by}: ${heldText(taken)}`,
  );
}

function heldText({ held, logged, key }: TakenKey): string | Said {
  if (logged !== null) return loggedText(logged);
  if (held === null) return 'a process serves what it holds until it is refused or its leases end.';
  const { deks, firstEndsAt, lastEndsAt, isRefused } = held;
  const head = isRefused ? '' : 'no request was denied since. ';
  if (deks === 0) return isRefused ? 'everything is dark.' : `${head}No process holds a data key.`;
  const keys = linked(
    nounText(deks, 'data key is', 'data keys are'),
    `/cache?${queryText(new URLSearchParams({ key }))}`,
  );
  const last = instantText(lastEndsAt, 'second');
  if (firstEndsAt === lastEndsAt) return said`${head}${keys} held and served until ${last}.`;
  const first = instantText(firstEndsAt, 'second');
  return said`${head}${keys} held and served until their leases end, the first at ${first}, the last at ${last}.`;
}

function loggedText({
  lastSuccessAt: last,
  firstDenialAt: first,
}: NonNullable<TakenKey['logged']>): string {
  if (last === null && first === null) return 'its log shows no request since.';
  const refused =
    first === null ? 'none was denied' : `the first was denied at ${instantText(first)}`;
  return last === null
    ? `no request succeeded since, ${refused}.`
    : `requests succeeded until ${instantText(last)}, ${refused}.`;
}

function outages({ counts }: AlarmFacts): Alarm | null {
  const refused = counts.outcomes.get('outage') ?? 0;
  if (refused === 0) return null;
  const lookups = nounText(refused, 'data key lookup');
  return bad('outages', `${lookups} failed because the KMS could not be reached in time.`);
}

const otherRefusals = [
  ['waiters', 'too many were waiting'],
  ['aborted', 'the caller gave up'],
  ['closed', 'the engine was closed'],
  ['directory', 'the DEK directory failed'],
] as const;

function failures({ counts }: AlarmFacts): Alarm | null {
  const found = otherRefusals.flatMap(([outcome, why]) => {
    const n = counts.outcomes.get(outcome) ?? 0;
    return n === 0 ? [] : [{ n, why }];
  });
  const all = found.reduce((sum, { n }) => sum + n, 0);
  if (all === 0) return null;
  const reasons = found.map(({ n, why }) => `${countText(n)} because ${why}`).join(', ');
  return bad('failures', `${nounText(all, 'more lookup')} failed: ${reasons}.`);
}

function suspects({ counts }: AlarmFacts): Alarm | null {
  const n = counts.events.suspect;
  if (n === 0 || counts.calls + counts.operations === 0) return null;
  const [are, match] = n === 1 ? ['event is', 'matches'] : ['events are', 'match'];
  return bad(
    'suspects',
    said`${linked(countText(n), callsHref({ show: 'suspects' }))} ${are} by this service’s own principal, but ${match} no call of this service: its credentials may be in other hands.`,
  );
}

function unbalanced({ residual, counts }: AlarmFacts): Alarm | null {
  if (residual === 0 || counts.calls + counts.operations === 0) return null;
  return bad(
    'residual',
    said`${linked(nounText(residual, 'count'), '/details')} could not be accounted for.`,
  );
}

function logOff({ facts, coverage }: AlarmFacts): Alarm | null {
  const off = (text: string): Alarm => ({ id: 'log', tone: 'warn', text, links: [] });
  if (facts.coveredUntil === null)
    return off(
      'No audit log has been read yet, so nothing is confirmed by the customer’s own log.',
    );
  const stuck = coverage.find(({ status }) => status === 'failed' || status === 'behind');
  if (stuck === undefined) return null;
  const why = stuck.message ?? 'it has not been read for a while.';
  return off(`The audit log is not read as it should be (${stuck.id}): ${why}`);
}

function drop({ drops, unseenDrops }: AlarmFacts): Alarm | null {
  const [largest] = drops;
  if (largest === undefined) return null;
  const others = drops.length - 1;
  const more = others > 0 ? ` ${nounText(others, 'smaller drop')} beside it.` : '';
  const text = `Requests fell: ${largest.sentence}${more}${unseenText(unseenDrops)}`;
  return { id: 'drop', tone: 'warn', ...unlinked(text) };
}
