/** What the log shows of each design it holds, in sentences. Context values and names are quoted. */
import { countText, nounText, priceText, spanText } from '../../shared/screen-text.ts';
import type { StreamFinding } from './infer-causes.ts';
import type { Probe } from './probes.ts';

const findingsSaid = 4;
const shareMin = 0.01;
const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

export interface WordFacts {
  /** What to call each principal. */
  nameOf: (principal: string) => string;
  /** Price of 10,000 requests, and its currency. */
  price: { per10k: number; currency: string } | null;
  /** How long the log is looked at. */
  spanMs: number;
}

/** A sentence for each of the designs with most uses. */
export function findingSentences(findings: readonly StreamFinding[], facts: WordFacts): string[] {
  const uses = findings.reduce((sum, one) => sum + one.uses, 0);
  return [...named(findings), ...unnamed(findings)]
    .filter((one) => one.uses >= shareMin * uses)
    .sort((a, b) => b.uses - a.uses)
    .slice(0, findingsSaid)
    .map((one) => sentenceOf(one, facts));
}

/** Only who asked is known. */
const isBare = ({ identity, invokedBy, probes, atOnce }: StreamFinding): boolean =>
  identity === 'none' && invokedBy === null && probes.length === 0 && atOnce === null;

const named = (findings: readonly StreamFinding[]) => findings.filter((one) => !isBare(one));

/** One sentence for each principal, whatever the keys. */
function unnamed(findings: readonly StreamFinding[]): StreamFinding[] {
  const bare = Map.groupBy(findings.filter(isBare), ({ principal }) => principal);
  return [...bare.values()].flatMap((of) => {
    const [first] = of;
    return first === undefined
      ? []
      : { ...first, uses: of.reduce((sum, { uses }) => sum + uses, 0) };
  });
}

function sentenceOf(finding: StreamFinding, facts: WordFacts): string {
  const { invokedBy, probes, identity, uses, atOnce } = finding;
  const who = shortName(facts.nameOf(finding.principal));
  if (invokedBy !== null) {
    const places = finding.places.slice(0, 3).map((place) => `“${place}”`);
    const where = places.length === 0 ? '' : ` (${places.join(', ')})`;
    return `${invokedBy} asked ${nounText(uses, 'time')} on behalf of ${who}${where}${costText((uses * dayMs) / facts.spanMs, facts.price)}.`;
  }
  if (probes.length > 0) return probeSentence(probes, who, facts.price);
  if (atOnce !== null)
    return (
      `One session of ${who} asked for a data key ${nounText(atOnce.most, 'time')} within ` +
      `${spanText(Math.max(1000, atOnce.withinMs))} for one context: data keys are not cached, or parallel requests not coalesced.`
    );
  if (identity === 'none')
    return `${nounText(uses, 'request')} of ${who} ${uses === 1 ? 'carries' : 'carry'} no encryption context: which data key ${uses === 1 ? 'it' : 'each'} was for, the log can’t tell.`;
  return identity === 'key' ? keySentence(finding, who) : scopeSentence(finding, who);
}

function probeSentence(probes: readonly Probe[], who: string, price: WordFacts['price']): string {
  const perDay = probes.reduce((sum, { everyMs }) => sum + dayMs / everyMs, 0);
  const processes = new Set(probes.map(({ process }) => process)).size;
  const perMinute = (perDay * minuteMs) / dayMs;
  const pace =
    perMinute >= 0.95
      ? `${countText(Math.round(perMinute))} a minute`
      : `one every ${spanText(Math.round(dayMs / perDay))}`;
  const cost = costText(perDay, price);
  return `${nounText(processes, 'process', 'processes')} of ${who} check the key at a steady pace: ${pace}, ${countText(Math.round(perDay))} a day${cost}.`;
}

const costText = (perDay: number, price: WordFacts['price']): string =>
  price === null
    ? ''
    : `, ${priceText((perDay * 365 * price.per10k) / 10_000)} ${price.currency} a year at list price`;

function keySentence(
  { names, contexts, processes, ttl, lifetimeMs }: StreamFinding,
  who: string,
): string {
  const of = varying(names);
  const again =
    ttl === null ? '' : `, asked for again ${spanText(ttl.ms)} after its last load at the earliest`;
  const by = ` by ${nounText(processes, 'process', 'processes')} of ${who}`;
  const lives =
    lifetimeMs === null ? '' : `; a new one is made every ${spanText(lifetimeMs)} at the earliest`;
  return `${eachOf(contexts)} of ${of} seems to be one data key${again}${by}${lives}.`;
}

function scopeSentence({ names, contexts, identity }: StreamFinding, who: string): string {
  const of = varying(names);
  return identity === 'scope'
    ? `${eachOf(contexts)} of ${of} stands for many data keys of ${who}: which key a request was for, and the TTL, the log can’t tell.`
    : `Whether a value of ${of} is one data key of ${who} or many, the log can’t tell: so neither can the TTL be told.`;
}

const eachOf = (contexts: number): string =>
  contexts === 1 ? 'The one value' : `Each of the ${countText(contexts)} values`;

/** The names that vary, or all where none does. */
function varying(names: StreamFinding['names']): string {
  const vary = names.filter(({ role }) => role !== 'constant');
  return (vary.length === 0 ? names : vary)
    .slice(0, 3)
    .map(({ name }) => `“${name}”`)
    .join(' and ');
}

/** The last part of an ARN says who it is. */
export const shortName = (name: string): string => name.split('/').at(-1) || name;
