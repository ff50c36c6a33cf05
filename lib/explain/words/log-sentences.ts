/** What a log alone answers, in sentences, the most telling first. Context values and names are quoted. */
import { callsHref, principalHref } from '../../shared/calls-href.ts';
import type { LogCauses, PrincipalUse } from '../../shared/dto.ts';
import type { Advice, Help, PromiseView } from '../../shared/log-view.ts';
import { verdictWords } from '../../shared/log-view.ts';
import type { PatternView } from '../../shared/pattern-view.ts';
import { joined, linked, type Said, said } from '../../shared/said.ts';
import { nounText, spanText } from '../../shared/screen-text.ts';
import { isNamed, type ServiceFacts } from '../../shared/service-facts.ts';
import type { WindowFacts } from '../ledger/facts.ts';
import type { LedgerCounts } from '../ledger/ledger-counts.ts';
import { usesByPrincipal } from '../ledger/principal-uses.ts';
import { findingSentences, shortName } from '../log-only/finding-words.ts';
import type { StreamFinding } from '../log-only/infer-causes.ts';
import { logAnswer } from '../log-only/log-answer.ts';
import { logCausesSentence } from '../log-only/log-causes.ts';

/** What the log alone shows, where there is no telemetry. */
export interface LogSide {
  causes: LogCauses;
  findings: readonly StreamFinding[];
  pattern: Pick<PatternView, 'period' | 'lines' | 'sentences' | 'sentenceLinks'>;
  advice: readonly Advice[];
  promise: PromiseView;
  service: ServiceFacts;
  helps: readonly Help[];
  /** The logs of several places begin or end apart, so that no year can be foretold. */
  endsApart: boolean;
}

const adviceSaid = 3;
const strangersSaid = 3;

/** How much by whom, what the traffic is, why. */
export function logHead(
  log: LogSide,
  given: {
    facts: WindowFacts;
    counts: LedgerCounts;
    price: { per10k: number; currency: string } | null;
  },
): (string | Said)[] {
  const { facts, counts, price } = given;
  const { causes, findings, service, pattern } = log;
  const { from, to } = facts.window;
  const standsOut = pattern.lines.length > 0 || pattern.period !== null;
  const nameOf = (id: string) => facts.principals.get(id)?.name ?? id;
  const isOwn =
    service.principals.length === 0
      ? null
      : (id: string) => isNamed(service, { id, name: nameOf(id) });
  return [
    logAnswer({ counts, window: facts.window, logCauses: causes, findings, nameOf, isOwn }),
    ...findingSentences(findings, {
      ...{ nameOf, price, spanMs: log.endsApart ? 0 : to - from },
      isSample: causes.examined < causes.of,
    }),
    ...(standsOut ? patternSaid(pattern) : []),
    logCausesSentence(causes),
  ];
}

const patternSaid = ({ sentences, sentenceLinks }: LogSide['pattern']): Said[] =>
  sentences.map((text, no) => ({ text, links: sentenceLinks[no] ?? [] }));

/** What to change, what is promised, whose the principals are, and what else would help. */
export function logTail(
  log: LogSide,
  {
    counts,
    strangers,
    isFiltered,
  }: { counts: LedgerCounts; strangers: readonly PrincipalUse[]; isFiltered: boolean },
): (string | Said)[] {
  const { advice, promise, helps, service } = log;
  const [most] = helps;
  return [
    ...advice.slice(0, adviceSaid).map((one) => said`What to change: ${one}`),
    ...promiseSentences(promise),
    ...usersOfLog(strangers, { counts, service, isFiltered }),
    ...(most === undefined ? [] : [`It would tell most to know ${uncapital(most.text)}`]),
  ];
}

const uncapital = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** Every check for which the log has evidence. */
function promiseSentences({ stated, checks }: PromiseView): string[] {
  const { ttlMs, dekLifetimeMs, told } = stated;
  const found = checks.filter(({ foundMs }) => foundMs !== null);
  if (found.length === 0) return [];
  const spans = [
    ttlMs === null ? null : `a TTL of ${spanText(ttlMs)}`,
    dekLifetimeMs === null ? null : `new data keys every ${hoursText(dekLifetimeMs)}`,
  ].filter((span) => span !== null);
  const what = spans.join(' and ');
  const head = told
    ? `Promised is ${what}. `
    : `Nobody told what is promised; if it is ${what}, then this shows. `;
  return found.map(({ label, verdict, because }, no) => {
    const check = `${label}: ${verdictWords[verdict]}. ${because}`;
    return no === 0 && spans.length > 0 ? head + check : check;
  });
}

/** A day is told as 24 h, as vendors do. */
const hoursText = (ms: number): string =>
  ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : spanText(ms);

/** Only telemetry, claims or a person can tell which principals are the service's own. */
function usersOfLog(
  strangers: readonly PrincipalUse[],
  {
    counts,
    service,
    isFiltered,
  }: { counts: LedgerCounts; service: ServiceFacts; isFiltered: boolean },
): (string | Said)[] {
  const principals = usesByPrincipal(strangers);
  const claims =
    counts.events.lost > 0
      ? [
          said`${linked(nounText(counts.events.lost, 'event claims', 'events claim'), callsHref({ show: 'lost' }))} to be this service’s.`,
        ]
      : [];
  if (service.principals.length > 0) {
    const others = principals.filter(({ kind }) => kind === 'stranger');
    const named = others
      .slice(0, strangersSaid)
      .map(
        (use) =>
          said`${shortName(use.name)} (${linked(nounText(use.events, 'time'), principalHref(use))})`,
      );
    const more = others.length - named.length;
    const rest = more > 0 ? said` and ${linked(nounText(more, 'more'), '/strangers')}` : '';
    if (others.length === 0)
      return isFiltered ? claims : [...claims, 'Nobody but the principals you named used the key.'];
    return [
      ...claims,
      said`Principals that you did not name used the key: ${joined(named, ', ')}${rest}.`,
    ];
  }
  const untold = principals.filter(({ kind }) => kind === 'unknown').length;
  if (untold === 0) return claims;
  return [
    ...claims,
    untold === 1
      ? 'The log alone does not say whether that principal is the service’s.'
      : said`The log alone does not say whose the ${linked(nounText(untold, 'principal'), '/strangers')} are.`,
  ];
}
