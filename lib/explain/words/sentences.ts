/** The explanation in words, rendered from the ledger's terms: every number in a sentence is one of theirs. */

import { callsHref, principalHref } from '../../shared/calls-href.ts';
import type { Alarm, BusyHour, Comparison, Cost, PrincipalUse } from '../../shared/dto.ts';
import { joined, linked, type Said, said, unlinked } from '../../shared/said.ts';
import {
  countText,
  instantText,
  nounText,
  priceText,
  shareText,
  spanText,
} from '../../shared/screen-text.ts';
import type { SpikeUnit, SpikeView } from '../../shared/spike-view.ts';
import type { WindowFacts } from '../ledger/facts.ts';
import { eventsOf, type LedgerCounts } from '../ledger/ledger-counts.ts';
import { usesByPrincipal } from '../ledger/principal-uses.ts';
import { type LogSide, logHead, logTail } from './log-sentences.ts';
import { echoesSaid, otherSpikesSaid, spikeSaid } from './spike-sentence.ts';

const hourMs = 3_600_000;
const hoursNamed = 3;
const principalsNamed = 3;
const addressesNamed = 3;

export interface SentenceFacts {
  facts: WindowFacts;
  /** Whether only a workspace, key, principal or process is asked about. */
  isFiltered: boolean;
  counts: LedgerCounts;
  residual: number;
  strangers: readonly PrincipalUse[];
  /** Largest excess first. */
  spikes: readonly SpikeView[];
  /** Most calls first. */
  busiestHours: readonly BusyHour[];
  costs: readonly Cost[];
  comparisons: readonly Comparison[];
  /** The gravest first. */
  alarms: readonly Alarm[];
  /** Null where there is telemetry. */
  log: LogSide | null;
}

/** Alarms first, then why there are fewer requests than messages; the rest add spikes, the log and strangers. */
export function buildSentences(given: SentenceFacts): Said[] {
  const sentences = given.log === null ? ofTelemetry(given) : ofLog(given.log, given);
  return [...given.alarms, ...sentences].map((one) =>
    typeof one === 'string' ? unlinked(one) : { text: one.text, links: one.links },
  );
}

function ofTelemetry(given: SentenceFacts): (string | Said)[] {
  const { spikes } = given;
  const sentences = [whyFewer(given)];
  const largest = spikes.find(isSpike);
  if (largest !== undefined)
    sentences.push(
      said`The largest spike, ${spikeSaid(largest)}`,
      ...[echoesSaid(largest) ?? [], otherSpikesSaid(spikes.filter(isSpike)) ?? []].flat(),
    );
  sentences.push(...hoursSentence(given.busiestHours, 'calls'), ...sumsSentences(given.facts));
  const log = logSentence(given);
  if (log !== null) sentences.push(log);
  return [
    ...sentences,
    ...usersSentences(given),
    ...given.costs.map(costSentence),
    ...given.comparisons.flatMap((comparison) => comparisonSentence(comparison) ?? []),
  ];
}

/** What a window that reaches past retention cannot tell. */
function sumsSentences({ sumsBefore, window }: WindowFacts): string[] {
  if (sumsBefore === null) return [];
  const until = sumsBefore < window.to ? `Until ${instantText(sumsBefore)} this` : 'This';
  return [
    `${until} window is kept as sums only: its single calls and events are gone, so what is unexplained and who is suspect cannot be told.`,
  ];
}

function ofLog(log: LogSide, given: SentenceFacts): (string | Said)[] {
  const { facts, counts, spikes, costs, busiestHours, strangers } = given;
  const [cost] = costs;
  const price = cost === undefined ? null : { per10k: cost.per10k, currency: cost.currency };
  const [first, last] = [busiestHours[0]?.calls ?? 0, busiestHours.at(-1)?.calls ?? 0];
  return [
    ...logHead(log, { facts, counts, price }),
    ...spikes
      .filter(isSpike)
      .slice(0, spikesSaid)
      .map((spike, no) => said`${spikeHeads[no] ?? ''} ${spikeSaid(spike)}`),
    // Hours that are all alike are no news.
    ...(first > 1.2 * last ? hoursSentence(busiestHours, 'events') : []),
    ...sumsSentences(facts),
    ...costs.map((one) => yearSentence(one, log.endsApart ? null : facts.window)),
    ...logTail(log, { counts, strangers, isFiltered: given.isFiltered }),
    ...given.comparisons.flatMap((comparison) => comparisonSentence(comparison) ?? []),
  ];
}

/** Drops are among the alarms. */
const isSpike = ({ direction }: SpikeView): boolean => direction === 'spike';

const spikeHeads = ['The largest spike,', 'The second,', 'The third,'];
const spikesSaid = spikeHeads.length;

function whyFewer({ counts, facts, isFiltered }: SentenceFacts): string | Said {
  const { messages, operations, attempts } = counts;
  if (counts.calls + operations + messages === 0 && eventsOf(counts) > 0)
    return `The audit log shows ${nounText(eventsOf(counts), 'event')} here, ${countText(counts.events.matched)} of them joined with calls of ours: which caller asked for a call, its telemetry does not say.`;
  if (counts.calls + operations + messages === 0)
    return isFiltered
      ? 'Nothing in this window passes these filters: no messages, no KMS requests and no audit events.'
      : `Nothing was recorded in this window: no messages, no KMS requests and no audit events.${logEnd(facts)}`;
  if (operations === 0 && counts.calls === 0)
    return `${nounText(messages, 'message')} were counted, and there is neither engine telemetry nor an audit log of them.`;
  const missing = missingSignal(counts);
  if (missing !== null) return missing;
  // Who waits for another one’s miss is not answered from memory: the waterfall has them apart, too.
  const cached = counts.outcomes.get('hit') ?? 0;
  const ratio = attempts > 0 && messages > 0 ? messages / attempts : 0;
  const every = ratio < 100 ? ratio.toFixed(1) : countText(Math.round(ratio));
  const per = ratio >= 1.05 ? said`, one for every ${linked(every, '/details')} messages` : '';
  const subject =
    messages > 0
      ? said`${linked(nounText(messages, 'message'), '/details')} needed`
      : 'The service made';
  const { coveredUntil, toldUntil, window } = facts;
  const logLacks = !facts.filesAlone && coveredUntil !== null && coveredUntil < window.to;
  const incomplete = logLacks || toldUntil < window.to ? ' so far' : '';
  const lookups = linked(nounText(operations, 'data key lookup'), '/cache');
  const share = linked(shareText(cached / operations), '/cache');
  const sent = linked(nounText(attempts, 'KMS request was', 'KMS requests were'), callsHref({}));
  return said`${subject} ${lookups}${incomplete}, and ${share} of them were answered from memory, so ${sent} sent${per}.`;
}

/** Where the log ends before the window does. */
const logEnd = ({ coveredUntil, window }: WindowFacts): string =>
  coveredUntil === null || coveredUntil >= window.to
    ? ''
    : ` The audit log is read until ${instantText(coveredUntil)}.`;

/** Which signal is missing, and what the other one tells; null where none is missing. */
function missingSignal({
  known,
  messages,
  operations,
  outcomes,
  ...counts
}: LedgerCounts): string | Said | null {
  if (!known.metrics) {
    const told =
      messages > 0
        ? `lookups are not known (${nounText(messages, 'message')} were counted)`
        : 'messages and lookups are not known';
    const sent = linked(nounText(counts.attempts, 'request was', 'requests were'), callsHref({}));
    return said`The engine’s metrics have not come in for this window, so ${told}; its traces tell of ${nounText(counts.calls, 'KMS call')}, for which ${sent} sent.`;
  }
  if (known.traces) return null;
  const misses = outcomes.get('miss') ?? 0;
  const cached = outcomes.get('hit') ?? 0;
  const subject = messages > 0 ? `${nounText(messages, 'message')} with ` : '';
  return (
    'The engine’s traces have not come in for this window, so its KMS requests and their causes are not known; its ' +
    `metrics tell of ${subject}${nounText(operations, 'data key lookup')}, of which ${shareText(cached / operations)} ` +
    `were answered from memory and ${countText(misses)} asked the KMS.`
  );
}

/** "The requests cost 0.12 USD, billed to the calling account; without caching they would cost 4.90 USD." */
function costSentence({ amount, amountWithoutCache, currency, payer }: Cost): Said {
  const without =
    amountWithoutCache === null
      ? ''
      : said`; with every lookup a request of its own it would be ${costSaid(amountWithoutCache, currency)}`;
  return said`At list price these requests cost ${costSaid(amount, currency)}, billed to ${payer}${without}.`;
}

/** `less than 0.01 USD`: the number is linked, wherever it stands. */
function costSaid(amount: number, currency: string): Said {
  const text = `${priceText(amount)} ${currency}`;
  const at = text.search(/\d/);
  return said`${text.slice(0, at)}${linked(text.slice(at), '/details')}`;
}

/**
 * The same for a log, and what it would be in a year: a log is usually short. Of minutes no year is foretold, nor
 * where no span is that of the requests.
 */
function yearSentence(cost: Cost, rated: { from: number; to: number } | null): Said {
  const spanMs = rated === null ? 0 : rated.to - rated.from;
  if (spanMs < hourMs) return costSentence({ ...cost, amountWithoutCache: null });
  const year = (cost.amount * yearMs) / spanMs;
  const { amount, currency } = cost;
  return said`At list price these requests cost ${costSaid(amount, currency)}, ${costSaid(year, currency)} a year at this rate, billed to ${cost.payer}.`;
}

const yearMs = 365 * 86_400_000;

/** How requests and messages moved; null where the other period has no data. */
function comparisonSentence({ kind, counts }: Comparison): string | null {
  const parts = counts.flatMap(({ id, label, now, before }) => {
    if (before === null || !['messages', 'requests'].includes(id) || now + before === 0) return [];
    const change =
      before === 0
        ? 'new'
        : now === before
          ? 'unchanged'
          : now >= 2 * before
            ? `${(now / before).toFixed(1)} times as many`
            : `${shareText(Math.abs(now - before) / before)} ${now > before ? 'more' : 'fewer'}`;
    return [`${id === 'messages' ? 'messages' : label} ${change}`];
  });
  const than = kind === 'previous' ? 'the period before' : 'the same weekday before';
  return parts.length === 0 ? null : `Against ${than}: ${parts.join(', ')}.`;
}

/** "Busiest hours: 2025-09-15 12:00 UTC (15 KMS calls), …": where there is more than one hour. */
function hoursSentence(hours: readonly BusyHour[], unit: SpikeUnit): Said[] {
  if (hours.length < 2) return [];
  const [noun, show] = unit === 'calls' ? ['KMS call', {}] : ['event', { show: 'events' }];
  const named = hours.slice(0, hoursNamed).map(({ hour, calls }) => {
    const within = callsHref(show, { from: hour, to: hour + hourMs });
    return said`${instantText(hour)} (${linked(nounText(calls, noun), within)})`;
  });
  return [said`Busiest hours: ${joined(named, ', ')}.`];
}

function logSentence({ counts, facts, residual }: SentenceFacts): Said | null {
  if (facts.coveredUntil === null) return null;
  const known = counts.attempts - counts.pending;
  const inLog = counts.matchedAttempts + counts.edgeAttempts;
  if (counts.attempts === 0) return null;
  const lag =
    facts.lagMs === null || facts.lagMs <= 0
      ? ''
      : said`; the log runs about ${linked(spanText(facts.lagMs), '/connections')} behind`;
  const more = (one: string, many: string) =>
    linked(nounText(counts.pending, one, many), callsHref({ show: 'pending' }));
  const pending =
    counts.pending > 0 && facts.filesAlone
      ? said`, ${more('more was', 'more were')} made after its files end`
      : counts.pending > 0
        ? said`, ${more('more is', 'more are')} still to come${lag}`
        : '';
  const never = [...counts.neverLogged].map(([reason, n]) =>
    linked(`${countText(n)} ${reason}`, callsHref({ show: 'never-logged' })),
  );
  const absent = never.length > 0 ? said`, never logged: ${joined(never, ', ')}` : '';
  const rest = residual === 0 && facts.sumsBefore === null ? ' Nothing is unaccounted for.' : '';
  const shown = linked(countText(inLog), callsHref({ show: 'matched' }));
  const due = linked(nounText(known, 'request'), callsHref({}));
  return said`The customer’s log shows ${shown} of the ${due} due${pending}${absent}.${rest}`;
}

const foreignWords: Record<PrincipalUse['kind'], string> = {
  stranger: 'is not one of this service’s',
  suspect: 'is this service’s, but the service made no such call',
  own: 'is this service’s',
  unknown: 'may be this service’s or not',
};

function usersSentences({ counts, strangers }: SentenceFacts): (string | Said)[] {
  const principals = usesByPrincipal(strangers);
  const sentences: (string | Said)[] = principals
    .slice(0, principalsNamed)
    .map(({ kind, principal, name, events, sourceIps, addresses, services }) => {
      const named = sourceIps.slice(0, addressesNamed);
      const more = addresses - named.length;
      const others = more > 0 ? ` and ${countText(more)} more` : '';
      const from = named.length > 0 ? ` from ${named.join(', ')}${others}` : '';
      const asked = services.length > 0 ? `; ${services.join(', ')} asked on its behalf` : '';
      const times = linked(nounText(events, 'time'), principalHref({ kind, principal }));
      return said`${name} used the key ${times}${from}: that principal ${foreignWords[kind]}${asked}.`;
    });
  const rest = principals.slice(principalsNamed);
  if (rest.length > 0) {
    const times = nounText(
      rest.reduce((sum, { events }) => sum + events, 0),
      'time',
    );
    const others = linked(nounText(rest.length, 'more principal'), '/strangers');
    sentences.push(said`${others} used it ${times} without a call of this service’s.`);
  }
  if (counts.callsLost > 0) {
    sentences.push(
      `Telemetry of ${nounText(counts.callsLost, 'KMS call')} was lost: ` +
        'their processes numbered them, but they never came in.',
    );
  }
  // A service that sends no telemetry has lost none.
  if (counts.events.lost > 0 && counts.calls + counts.operations > 0) {
    const claims = nounText(counts.events.lost, 'event claims a call', 'events claim calls');
    sentences.push(said`${linked(claims, callsHref({ show: 'lost' }))} whose telemetry was lost.`);
  }
  return sentences;
}
