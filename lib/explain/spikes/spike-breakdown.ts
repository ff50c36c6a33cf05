/** What a spike consists of, dimension by dimension; each dimension's parts sum to its calls. */
import { showOfCause } from '../../shared/calls-href.ts';
import { causeLabel } from '../../shared/causes.ts';
import { type SpikeDimension, spikeDimensions } from '../../shared/spike-dimensions.ts';
import type { SpikeBreakdown, SpikePart } from '../../shared/spike-view.ts';

/** Calls that agree in every dimension; a dimension without a value is empty text. */
export type SpikeCalls = Record<SpikeDimension, string> & { n: number };

const partsMax = 12;

/** What the calls page can filter by. */
const filters: ReadonlySet<SpikeDimension> = new Set([
  'cause',
  'workspace',
  'process',
  'dek',
  'tag',
  'principal',
]);

/** Leaves out dimensions that tell nothing. Rows of a sample are scaled up, so that parts still sum to `calls`. */
export function spikeBreakdowns(rows: readonly SpikeCalls[], calls: number): SpikeBreakdown[] {
  return spikeDimensions.flatMap((dimension) => {
    const sizes = new Map<string, number>();
    for (const row of rows) sizes.set(row[dimension], (sizes.get(row[dimension]) ?? 0) + row.n);
    sizes.delete('');
    if (sizes.size === 0) return [];
    const known = [...sizes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const without = rows.reduce((sum, row) => (row[dimension] === '' ? sum + row.n : sum), 0);
    const counts: [string, number][] = [
      ...known.slice(0, partsMax),
      ['others', known.slice(partsMax).reduce((sum, [, n]) => sum + n, 0)],
      ['none', without],
    ];
    const scaled = scaledTo(
      counts.map(([, n]) => n),
      calls,
    );
    const parts = counts.map(([value], at): SpikePart => {
      const n = scaled[at] ?? 0;
      const isValue = at < known.length && at < partsMax;
      const own = isValue ? rows.filter((row) => row[dimension] === value) : [];
      return { ...namedPart(dimension, value, isValue), ...linkOf(dimension, own), ...shareOf(n) };
    });
    return [{ dimension, parts: parts.filter((part) => part.calls > 0) }];

    function shareOf(n: number) {
      return { calls: n, share: calls === 0 ? 0 : n / calls };
    }
  });
}

function namedPart(
  dimension: SpikeDimension,
  value: string,
  isValue: boolean,
): Pick<SpikePart, 'value' | 'label'> {
  if (!isValue) return { value: '', label: value === 'others' ? 'All others' : 'None known' };
  const label = dimension === 'cause' || dimension === 'root' ? causeLabel(value) : value;
  return { value, label };
}

/** The calls page of rows that share a value; none where only some are calls, which it lists apart from events. */
function linkOf(dimension: SpikeDimension, rows: readonly SpikeCalls[]): Pick<SpikePart, 'href'> {
  const [first] = rows;
  if (first === undefined || !filters.has(dimension)) return {};
  const kinds = new Set(rows.map(({ cause }) => showOfCause(cause)));
  if (kinds.size > 1) return {};
  const show = showOfCause(first.cause);
  const query = new URLSearchParams(show === undefined ? {} : { show });
  if (show === undefined || dimension !== 'cause') query.set(dimension, first[dimension]);
  return { href: `/calls?${query}` };
}

/** Whole numbers in the proportions given that sum to `to`: the largest remainders are rounded up. */
export function scaledTo(counts: readonly number[], to: number): number[] {
  const sum = counts.reduce((all, n) => all + n, 0);
  if (sum === 0 || sum === to) return [...counts];
  const exact = counts.map((n) => (n * to) / sum);
  const whole = exact.map(Math.floor);
  let left = to - whole.reduce((all, n) => all + n, 0);
  const byRemainder = exact
    .map((n, at) => ({ at, rest: n - Math.floor(n) }))
    .sort((a, b) => b.rest - a.rest || a.at - b.at);
  for (const { at } of byRemainder) {
    if (left <= 0) break;
    whole[at] = (whole[at] ?? 0) + 1;
    left -= 1;
  }
  return whole;
}
