import { causeHref, spikeCountHref } from '../../shared/calls-href.ts';
import { causeLabel } from '../../shared/causes.ts';
import { countOf } from '../../shared/counts.ts';
import { joined, linked, type Said, said, unlinked } from '../../shared/said.ts';
import {
  countText,
  instantText,
  nounText,
  shareText,
  spanText,
  splitNumbers,
} from '../../shared/screen-text.ts';
import {
  type EchoOrigin,
  explainsMin,
  type RootKind,
  type SpikeView,
} from '../../shared/spike-view.ts';
import { unseenText } from '../spikes/drop-cause.ts';

type SpikeFacts = Pick<
  SpikeView,
  'unit' | 'from' | 'calls' | 'expected' | 'causes' | 'mainCause' | 'mainShare' | 'echo'
>;

/** "2026-11-24 14:03 UTC: 1,912 requests; 1,640 are the second echo of the 2026-11-24 12:01 UTC deploy of 6 …" */
export const spikeSentence = (spike: SpikeFacts): string =>
  spikeTold(spike, { all: '', own: '' }).text;

/** `all` lists its requests; `own` is the page about it, which takes apart what no list can show alone. */
function spikeTold(
  spike: SpikeFacts,
  { all, own, main: ofMain = own }: { all: string; own: string; main?: string | undefined },
): Said {
  const { unit, from, calls, expected, causes, mainCause, mainShare, echo } = spike;
  const counted = linked(nounText(calls, unit === 'calls' ? 'request' : 'event'), all);
  const usual = linked(countText(Math.round(expected)), own);
  const head = said`${instantText(from)}: ${counted} where about ${usual} are usual`;
  const part = (n: number, share: number, href: string): string | Said =>
    n === calls ? 'all' : said`${linked(countText(n), href)} (${linked(shareText(share), href)})`;
  const main = countOf(causes, mainCause);
  if (echo !== null && isEchoed(spike))
    return said`${head}; ${part(echo.calls, echo.share, own)} are ${originText(echo, own)}.`;
  return said`${head}; ${part(main, mainShare, ofMain)} are of cause “${causeLabel(mainCause)}”.`;
}

/** A spike with its sentence and where it is. */
type ToldSpike = SpikeFacts &
  Pick<SpikeView, 'direction' | 'to' | 'key' | 'workspace' | 'href' | 'sentence'>;

/** The sentence of a spike, whose numbers lead to its calls and to the page about it; a drop's to the latter. */
export function spikeSaid(spike: ToldSpike): Said {
  const { direction, unit, from, to, key, workspace, mainCause, href, sentence } = spike;
  if (direction === 'drop')
    return {
      text: sentence,
      links: splitNumbers(sentence).flatMap(({ at, isNumber }) => (isNumber ? { at, href } : [])),
    };
  const main = unit === 'calls' ? causeHref(mainCause, { from, to, key, workspace }) : undefined;
  return spikeTold(spike, { all: spikeCountHref(spike) ?? href, own: href, main });
}

/** How often the cohort behind a spike came back; null where it did not do so at least twice. */
export function echoesSaid({
  chain,
  to,
  href,
}: Pick<SpikeView, 'chain' | 'to' | 'href'>): Said | null {
  const [first, ...others] = chain.filter((step) => step.generation > 0 && step.from >= to);
  const last = others.at(-1);
  if (first === undefined || last === undefined) return null;
  const everyMs = (last.from - first.from) / (last.generation - first.generation);
  const times = linked(nounText(others.length + 1, 'time'), href);
  return said`It came back ${times} since, about every ${spanText(everyMs)}: an echo, in which the same data keys are asked for again as their TTL ends.`;
}

/** The largest spike of each other origin than the first one's; null where there is none. */
export function otherSpikesSaid(spikes: readonly ToldSpike[]): Said | null {
  const distinct: ToldSpike[] = [];
  for (const spike of spikes)
    if (!distinct.some((other) => isOfOneOrigin(other, spike))) distinct.push(spike);
  const others = distinct.slice(1, 1 + othersSaid).map((spike) => {
    const { unit, from, calls, echo, mainCause, href } = spike;
    const counted = linked(
      nounText(calls, unit === 'calls' ? 'request' : 'event'),
      spikeCountHref(spike) ?? href,
    );
    const origin = isEchoed(spike) && echo ? originText(echo, href) : null;
    const what = origin ?? `“${causeLabel(mainCause)}”`;
    return said`${instantText(from)}, ${counted}, ${what}`;
  });
  return others.length === 0 ? null : said`Other spikes: ${joined(others, '; ')}.`;
}

const othersSaid = 3;
/** Roots of one kind so near each other are one cohort's. */
const togetherMs = 5 * 60_000;

function isOfOneOrigin(one: ToldSpike, other: ToldSpike): boolean {
  if (!isEchoed(one) || !isEchoed(other))
    return isEchoed(one) === isEchoed(other) && one.mainCause === other.mainCause;
  const [a, b] = [one.echo, other.echo];
  return a?.kind === b?.kind && Math.abs((a?.at ?? 0) - (b?.at ?? 0)) <= togetherMs;
}

/** Whether lineage explains most of it. */
const isEchoed = ({ echo, causes, mainCause }: SpikeFacts): boolean =>
  echo !== null && echo.share >= explainsMin && echo.calls >= countOf(causes, mainCause) / 2;

/** "the second echo of the 2026-11-24 12:01 UTC deploy of 6 processes" */
function originText(echo: EchoOrigin, href: string): Said {
  const root = rootText(echo.kind, echo.at, echo.fanOutOf);
  const processes = linked(nounText(echo.processes, 'process', 'processes'), href);
  const by = said`${root} ${echo.kind === 'deploy' ? 'of' : 'in'} ${processes}`;
  return echo.generation === 0 ? by : said`the ${ordinal(echo.generation)} echo of ${by}`;
}

const rootNames: Record<RootKind, string> = {
  deploy: 'deploy',
  reopened: 'reopening of old data',
  'fan-out': 'fan-out of DEKs',
  rotation: 'DEK rotation',
  eviction: 'eviction',
  recovery: 'loads after a denial',
  'first-use': 'first use of DEKs',
  validation: 'validation of the key',
  other: 'burst',
};

const fanOutNames = {
  reopened: 'fan-out of reopened old data',
  rotation: 'fan-out of a DEK rotation',
} as const;

export const rootText = (
  kind: RootKind,
  at: number,
  fanOutOf: EchoOrigin['fanOutOf'] = null,
): string =>
  `the ${instantText(at)} ${fanOutOf === null ? rootNames[kind] : fanOutNames[fanOutOf]}`;

const ordinals = [
  'first',
  'second',
  'third',
  'fourth',
  'fifth',
  'sixth',
  'seventh',
  'eighth',
  'ninth',
  'tenth',
];

/** `first` to `tenth`, then `11th`, `22nd`. */
export function ordinal(n: number): string {
  const word = ordinals[n - 1];
  if (word !== undefined) return word;
  const teen = n % 100 > 10 && n % 100 < 14;
  const end = teen ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${end}`;
}

/**
 * The answer of the spikes page: drops before spikes, each the largest first. `searched`: only so many of the busiest
 * series were searched, where there may be more.
 */
export function spikesSentence(
  spikes: readonly ToldSpike[],
  {
    more,
    unseenDrops,
    unit,
    searched,
    counted,
  }: {
    more: number;
    unseenDrops: number;
    unit: SpikeView['unit'];
    searched: number | null;
    /** All requests or events of the window. */
    counted: number;
  },
): Said {
  if (spikes.length === 0 && counted === 0)
    return unlinked('Nothing was counted in this window, so nothing can stand out.');
  const drops = spikes.filter(({ direction }) => direction === 'drop');
  const [largest] = spikes.filter(({ direction }) => direction === 'spike');
  const [deepest] = drops;
  const noun = unit === 'calls' ? 'KMS requests' : 'audit events';
  const fell =
    deepest === undefined
      ? ''
      : said`${nounText(drops.length, 'drop')}. The largest, ${spikeSaid(deepest)} `;
  const rises = spikes.length - drops.length + more;
  const rose =
    largest === undefined
      ? `No spikes: no minute has more ${noun} than its time of day and the hours before it suggest.`
      : said`${nounText(rises, 'spike')} of ${noun}. The largest, ${spikeSaid(largest)}`;
  const found = said`${fell}${rose}${unseenText(unseenDrops)}`;
  return searched === null
    ? found
    : said`${found} Only the ${countText(searched)} busiest keys and workspaces were searched: filter by another to search it.`;
}
