/** What the log shows of each design it holds, in sentences. Context values and names are quoted. */
import { unnamedPrincipal } from '../../domain/unnamed-principal.ts';
import { callsHref } from '../../shared/calls-href.ts';
import { linked, type Said, said, unlinked } from '../../shared/said.ts';
import { countText, nounText, priceText, spanText } from '../../shared/screen-text.ts';
import type { StreamFinding } from './infer-causes.ts';
import { soundWaitsMin } from './lower-edge.ts';
import { isPlain } from './probes.ts';

const findingsSaid = 4;
const shareMin = 0.01;
const minuteMs = 60_000;
/** Of less than this no year is foretold. */
const rateUsesMin = 10;
const rateSpanMsMin = 60 * minuteMs;
const dayMs = 1_440 * minuteMs;
/** Log times are whole seconds: two that read the same may be nearly one apart. */
const logSecondMs = 1_000;

export interface WordFacts {
  /** What to call each principal. */
  nameOf: (principal: string) => string;
  /** Price of 10,000 requests, and its currency. */
  price: { per10k: number; currency: string } | null;
  /** How long the log is looked at. */
  spanMs: number;
  /** Counts are those of a sample, projected. */
  isSample: boolean;
}

/** A sentence for each of the designs with most uses. */
export function findingSentences(findings: readonly StreamFinding[], facts: WordFacts): Said[] {
  const uses = usesOf(findings);
  const said = [...named(findings), ...unnamed(findings)]
    .filter((one) => one.uses >= shareMin * uses)
    .sort((a, b) => b.uses - a.uses)
    .map((one) => sentenceOf(one, facts, counting(one, findings)));
  // What holds of several keys alike is said once.
  const firsts = new Map(said.toReversed().map((one) => [one.text, one]));
  return said.filter((one) => firsts.get(one.text) === one).slice(0, findingsSaid);
}

/** Only who asked is known. */
const isBare = ({ contexts, invokedBy, probes, atOnce }: StreamFinding): boolean =>
  contexts === 0 && invokedBy === null && probes.length === 0 && atOnce === null;

const named = (findings: readonly StreamFinding[]) => findings.filter((one) => !isBare(one));

/** One sentence for each principal and each way of having no context, whatever the keys. */
function unnamed(findings: readonly StreamFinding[]): StreamFinding[] {
  const bare = Map.groupBy(findings.filter(isBare), ({ principal, identity }) =>
    JSON.stringify([principal, identity]),
  );
  return [...bare.values()].flatMap((of) => {
    const [first] = of;
    if (first === undefined) return [];
    const key = of.every((one) => one.key === first.key) ? first.key : null;
    return { ...first, key, uses: usesOf(of) };
  });
}

const usesOf = (findings: readonly StreamFinding[]): number =>
  findings.reduce((sum, { uses }) => sum + uses, 0);

type Counting = (text: string) => Said;

/** How many uses: a link where the list of a principal, and of its key, holds these and no others. */
function counting(
  { principal, key, uses }: StreamFinding,
  all: readonly StreamFinding[],
): Counting {
  const listed = all.filter(
    (one) => one.principal === principal && (key === null || one.key === key),
  );
  const href = callsHref({ show: 'events', principal }, key === null ? {} : { key });
  return (text) => (usesOf(listed) === uses ? linked(text, href) : unlinked(text));
}

function sentenceOf(finding: StreamFinding, facts: WordFacts, events: Counting): Said {
  const { invokedBy, probes, identity, uses, atOnce } = finding;
  const who = shortName(facts.nameOf(finding.principal));
  const about = facts.isSample ? 'about ' : '';
  const requests = events(nounText(uses, 'request'));
  if (invokedBy !== null) {
    const places = finding.places.slice(0, 3).map((place) => `“${place}”`);
    const where = places.length === 0 ? '' : ` (${places.join(', ')})`;
    const times = said`${about}${events(nounText(uses, 'time'))}`;
    const isRate = uses >= rateUsesMin && facts.spanMs >= rateSpanMsMin;
    const cost = isRate ? costText((uses * dayMs) / facts.spanMs, facts.price) : '';
    return who === invokedBy
      ? said`${invokedBy} asked ${times} on its own behalf${where}${cost}.`
      : said`${invokedBy} asked ${times} on behalf of ${who}${where}${cost}.`;
  }
  if (probes.length > 0) return probeSentence(finding, who, { price: facts.price, events });
  if (atOnce !== null)
    return said`One session of ${who} asked for a data key ${nounText(atOnce.most, 'time')} within ${spanText(atOnce.withinMs + logSecondMs)} for one context: data keys are not cached, or parallel requests not coalesced.`;
  if (identity === 'none')
    return said`${facts.isSample ? 'About ' : ''}${requests} of ${who} ${uses === 1 ? 'carries' : 'carry'} no encryption context: which data key ${uses === 1 ? 'it' : 'each'} was for, the log can’t tell.`;
  if (identity === 'left-out')
    return said`This export leaves out the encryption contexts of ${about}${requests} of ${who}, so which data key ${uses === 1 ? 'it' : 'each'} was for can’t be told: export the log with its column “requestParameters”, or as JSON.`;
  return identity === 'key' ? keySentence(finding, who, facts) : scopeSentence(finding, who, facts);
}

function probeSentence(
  finding: StreamFinding,
  who: string,
  { price, events }: Pick<WordFacts, 'price'> & { events: Counting },
): Said {
  const { probes, uses } = finding;
  const perDay = probes.reduce((sum, { everyMs }) => sum + dayMs / everyMs, 0);
  const processes = new Set(probes.map(({ process }) => process)).size;
  const perMinute = (perDay * minuteMs) / dayMs;
  const pace =
    perMinute >= 0.95
      ? `${countText(Math.round(perMinute))} a minute`
      : `one every ${spanText(Math.round(dayMs / perDay))}`;
  if (!isPlain(probes))
    return said`${events(nounText(uses, 'request'))} of ${who} came at a steady pace, ${pace}: it may be a health check, but these are too few to tell.`;
  const cost = costText(perDay, price);
  const daily = countText(Math.round(perDay));
  return processes === 1
    ? said`One process of ${who} checks the key at a steady pace: ${pace}, ${daily} a day${cost}.`
    : said`${countText(processes)} processes of ${who} check the key at a steady pace: ${pace}, ${daily} a day${cost}.`;
}

const costText = (perDay: number, price: WordFacts['price']): string =>
  price === null
    ? ''
    : `, ${priceText((perDay * 365 * price.per10k) / 10_000)} ${price.currency} a year at list price`;

function keySentence(finding: StreamFinding, who: string, facts: WordFacts): Said {
  const { names, processes, ttl, lifetimeMs } = finding;
  const of = varying(names);
  const seen = ttl !== null && ttl.waits < soundWaitsMin ? ` (seen ${ttl.waits} times only)` : '';
  const again =
    ttl === null
      ? ''
      : `, asked for again ${spanText(ttl.ms)} after its last load at the earliest${seen}`;
  const by =
    finding.processBy === 'address' && ttl === null
      ? ` by ${who} from ${nounText(processes, 'address', 'addresses')}`
      : ` by ${nounText(processes, 'process', 'processes')} of ${who}`;
  const lives =
    lifetimeMs === null ? '' : `; a new one is made every ${spanText(lifetimeMs)} at the earliest`;
  return said`${eachOf(finding, facts)} of ${of} seems to be one data key${again}${by}${lives}.`;
}

function scopeSentence(finding: StreamFinding, who: string, facts: WordFacts): Said {
  const of = varying(finding.names);
  return finding.identity === 'scope'
    ? said`${eachOf(finding, facts)} of ${of} stands for many data keys of ${who}: which key a request was for, and the TTL, the log can’t tell.`
    : unlinked(
        `Whether a value of ${of} is one data key of ${who} or many, the log can’t tell: so neither can the TTL be told.`,
      );
}

const eachOf = ({ contexts }: StreamFinding, { isSample }: WordFacts): string =>
  contexts === 1
    ? 'The one value'
    : `Each of the ${countText(contexts)} ${isSample ? 'sampled ' : ''}values`;

/** The names that vary, or all where none does. */
function varying(names: StreamFinding['names']): string {
  const vary = names.filter(({ role }) => role !== 'constant');
  return (vary.length === 0 ? names : vary)
    .slice(0, 3)
    .map(({ name }) => `“${name}”`)
    .join(' and ');
}

/** The last part of an ARN says who it is. */
export const shortName = (name: string): string =>
  name === unnamedPrincipal ? 'callers that the log does not name' : name.split('/').at(-1) || name;
