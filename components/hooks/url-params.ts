/** Everything that a page's URL may hold, each with its parser: the same on the server and in the browser. */
import {
  createLoader,
  createParser,
  createSerializer,
  type inferParserType,
  parseAsStringLiteral,
} from 'nuqs/server';
import { brushText, parseBrush } from '../../lib/shared/brush-param.ts';
import { isCause } from '../../lib/shared/causes.ts';
import { callsShow, type ExplainFilter } from '../../lib/shared/dto.ts';
import { parseEcho } from '../../lib/shared/echo-param.ts';
import {
  labBounds,
  labClouds,
  labPresets,
  labScenarioIds,
  labSpreads,
} from '../../lib/shared/lab/lab-view.ts';
import { parseLogCause } from '../../lib/shared/log-cause-param.ts';
import type { Brush } from '../../lib/shared/pattern-view.ts';
import {
  defaultWindow,
  parseWindowParam,
  type WindowParam,
  windowChanges,
} from '../../lib/shared/window-param.ts';
import { parseOpen } from '../table/row-key.ts';
import { parseTourStep } from '../tour/steps.ts';

/** Any text but blanks. */
const text = createParser<string>({ parse: (given) => given.trim() || null, serialize: String });

const wholeWithin = ({ min, max }: { min: number; max: number }) =>
  createParser<number>({
    parse: (given) =>
      /^\d+$/.test(given) && Number(given) >= min && Number(given) <= max ? Number(given) : null,
    serialize: String,
  });

export const filterNames = ['workspace', 'key', 'principal', 'process'] as const;
export type FilterName = (typeof filterNames)[number];

export const callFilters = [
  'show',
  'cause',
  'operation',
  'process',
  'workspace',
  'key',
  'dek',
  'tag',
  'echo',
  'log',
  'principal',
] as const;
export type CallFilter = (typeof callFilters)[number];
export type CallFilters = Partial<Record<CallFilter, string>>;

export const urlParams = {
  last: text,
  from: text,
  to: text,
  workspace: text,
  key: text,
  principal: text,
  process: text,
  show: parseAsStringLiteral(callsShow),
  cause: createParser<string>({
    parse: (given) => (isCause(given) ? given : null),
    serialize: String,
  }),
  operation: text,
  dek: text,
  tag: text,
  echo: createParser<string>({
    parse: (given) => (parseEcho(given) === null ? null : given),
    serialize: String,
  }),
  log: createParser<string>({
    parse: (given) => (parseLogCause(given) === null ? null : given),
    serialize: String,
  }),
  /** The row of the calls page that is open. */
  open: createParser<string>({
    parse: (given) => (parseOpen(given) === null ? null : given),
    serialize: String,
  }),
  /** The tour's step. */
  tour: createParser<number>({
    parse: parseTourStep,
    serialize: (step) => String(step + 1),
  }),
  /** Of the waterfall. */
  scale: parseAsStringLiteral(['log']),
  /** The part of the heatmap that is compared with the rest. */
  brush: createParser<Brush>({ parse: parseBrush, serialize: brushText }),
  /** The only causes that a chart draws; none given draws all. */
  causes: createParser<string[]>({
    parse: (given) => {
      const all = given.split(',');
      return all.every(isCause) ? all : null;
    },
    serialize: (all) => all.join(','),
    eq: (one, other) => one.join(',') === other.join(','),
  }),
  /** The lab that is looked at, and the settings of one. */
  lab: text,
  cloud: parseAsStringLiteral(labClouds),
  preset: parseAsStringLiteral(labPresets),
  ttl: wholeWithin(labBounds.ttlMinutes),
  processes: wholeWithin(labBounds.processes),
  spread: parseAsStringLiteral(labSpreads),
  seed: wholeWithin(labBounds.seed),
  scenario: parseAsStringLiteral(labScenarioIds),
};

export type UrlValues = inferParserType<typeof urlParams>;
export type UrlChanges = Partial<UrlValues>;

const load = createLoader(urlParams);
export const addToUrl = createSerializer(urlParams);

export interface PageState {
  values: UrlValues;
  window: WindowParam;
  filter: ExplainFilter;
  callFilters: CallFilters;
}

/** What a page shows. An invalid window gives the default one. */
export function pageStateOf(values: UrlValues): PageState {
  const window = askedWindow(values);
  const filter: ExplainFilter = {};
  for (const name of filterNames) if (values[name] !== null) filter[name] = values[name];
  const calls: CallFilters = {};
  for (const name of callFilters) if (values[name] !== null) calls[name] = values[name];
  return {
    values,
    window: window.kind === 'fault' ? defaultWindow : window,
    filter,
    callFilters: calls,
  };
}

const askedWindow = ({ last, from, to }: UrlValues): WindowParam => {
  const texts = new Map([...Object.entries({ last, from, to })]);
  return parseWindowParam({ get: (name) => texts.get(name) ?? null });
};

export const readUrl = (query: URLSearchParams): PageState => pageStateOf(load(query));

const shownMax = 60;
const faultsMax = 5;

const callsOnly = new Set<string>([...callFilters, 'open']);
for (const name of filterNames) callsOnly.delete(name);
const labOnly = new Set('lab cloud preset ttl processes spread seed scenario'.split(' '));

/** Whether the page at this path does something with a parameter of this name. */
function hasEffect(name: string, pathname: string): boolean {
  if (!Object.hasOwn(urlParams, name)) return false;
  if (callsOnly.has(name)) return pathname === '/calls';
  if (labOnly.has(name)) return pathname === '/lab';
  if (name === 'brush') return pathname === '/pattern';
  return name !== 'scale' || pathname === '/';
}

/** Parameters that are not understood or mean nothing on this page, and so have no effect: each by its name. */
export function faultsOf(query: URLSearchParams, values: UrlValues, pathname: string): string[] {
  const read = new Map<string, unknown>(Object.entries(values));
  const faults = new Set<string>();
  for (const name of new Set(query.keys())) {
    const [asked = '', ...again] = query.getAll(name).map((text) => text.trim());
    const shown = shortened(asked === '' ? name : `${name}=${asked}`);
    if (!hasEffect(name, pathname))
      faults.add(`${shown} means nothing on this page, so it is shown without it.`);
    else if (asked !== '' && read.get(name) === null)
      faults.add(`${shown} is not understood, so this page is shown without it.`);
    if (again.some((text) => text !== asked))
      faults.add(`${shortened(name)} is given more than once; the first counts.`);
  }
  const window = askedWindow(values);
  const all =
    window.kind === 'fault' ? [`${window.fault} The last 24 h are shown.`, ...faults] : [...faults];
  const more = all.length - faultsMax;
  return more > 1 ? [...all.slice(0, faultsMax), `There are ${more} more like these.`] : all;
}

const shortened = (text: string): string =>
  text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;

/** A page's address with this window and filter added; what it names itself stays. */
export function carry(
  href: string,
  { window, filter }: Pick<PageState, 'window' | 'filter'>,
): string {
  const own = new URLSearchParams(href.split('?', 2)[1]);
  const named = (name: string) => own.has(name);
  const added: UrlChanges = {};
  for (const name of filterNames) if (!named(name)) added[name] = filter[name] ?? null;
  if (!named('last') && !named('from')) Object.assign(added, windowChanges(window));
  return addToUrl(href, added);
}
