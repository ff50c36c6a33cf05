'use client';

import { callsHref } from '../../lib/shared/calls-href.ts';
import type { Brush, BrushDimension, BrushView } from '../../lib/shared/pattern-view.ts';
import { countText, nounText, rangeText, shareText } from '../../lib/shared/screen-text.ts';
import { CauseName } from '../charts/cause-swatch.tsx';
import { decimalText } from '../charts/model/figure-text.ts';
import { keyLabel } from '../hooks/key-label.ts';
import { useBrush } from '../hooks/use-pattern.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { Loaded } from '../states/loaded.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { StateLink } from '../ui/state-link.tsx';

const names: Record<BrushDimension, string> = {
  cause: 'Cause',
  workspace: 'Workspace',
  process: 'Process',
  principal: 'Principal',
  key: 'Key',
};

/** What is selected on the heatmap beside the rest of it: what has another share there comes first. */
export function BrushTable({ brush }: { brush: Brush }) {
  const { window, filter } = useUrlState();
  const compared = useBrush(window, filter, brush);
  const minutes = `minutes ${brush.firstMinute} to ${brush.lastMinute} of each hour`;
  return (
    <section className="brush" aria-label="The selection and the rest">
      <header className="brush-head">
        <h3>
          Selected: {rangeText(brush)}, {minutes}
        </h3>
        <StateLink className="button button-small" changes={{ brush: null }}>
          Clear the selection
        </StateLink>
      </header>
      <Loaded request={compared} label="Comparing the selection with the rest">
        {(view) => <Compared view={view} brush={brush} />}
      </Loaded>
    </section>
  );
}

const rateText = ({ minutes, requests }: BrushView['inside']): string =>
  minutes === 0 ? 'none' : `${decimalText(requests / minutes)} a minute`;

function Compared({ view, brush }: { view: BrushView; brush: Brush }) {
  const { inside, outside, dimensions, unit } = view;
  const noun = unit === 'calls' ? 'request' : 'event';
  return (
    <>
      <p>
        <strong>{nounText(inside.requests, noun)}</strong> in {nounText(inside.minutes, 'minute')} (
        {rateText(inside)}), <strong>{countText(outside.requests)}</strong> in the other{' '}
        {countText(outside.minutes)} ({rateText(outside)}).
      </p>
      {dimensions.length === 0 && (
        <p className="note">Nothing tells the selection from the rest: all is of one kind.</p>
      )}
      <div className="brush-tables">
        {dimensions.map(({ dimension, parts, ...sums }) => (
          <table key={dimension} className="data-table">
            <caption className="visually-hidden">
              {names[dimension]}: shares of the selection and of the rest
            </caption>
            <thead>
              <tr>
                <th scope="col">{names[dimension]}</th>
                <th scope="col" className="is-number">
                  Selected
                </th>
                <th scope="col" className="is-number">
                  The rest
                </th>
              </tr>
            </thead>
            <tbody>
              {parts.map((part) => (
                <tr key={part.value}>
                  <th scope="row" className="break">
                    {dimension === 'cause' ? (
                      <CauseName cause={part.value} />
                    ) : (
                      keyLabel(part.label)
                    )}
                  </th>
                  <Share
                    n={part.inside}
                    of={sums.inside}
                    label={`Selected: ${part.label}`}
                    href={hrefOf(dimension, part.value, unit, brush)}
                  />
                  <Share n={part.outside} of={sums.outside} label={`The rest: ${part.label}`} />
                </tr>
              ))}
            </tbody>
          </table>
        ))}
      </div>
    </>
  );
}

function Share({
  n,
  of,
  ...link
}: {
  n: number;
  of: number;
  label: string;
  href?: string | undefined;
}) {
  return (
    <td className="is-number">
      <CountLink {...link} value={n} />{' '}
      <span className="muted">{shareText(of === 0 ? 0 : n / of)}</span>
    </td>
  );
}

/** The calls page lists one stretch of time: whole hours, or minutes of one hour. */
function hrefOf(
  dimension: BrushDimension,
  value: string,
  unit: BrushView['unit'],
  { from, to, firstMinute, lastMinute }: Brush,
): string | undefined {
  const isWhole = firstMinute === 0 && lastMinute === 59;
  if (!isWhole && to - from > 3_600_000) return undefined;
  const place = {
    from: from + firstMinute * 60_000,
    to: isWhole ? to : from + (lastMinute + 1) * 60_000,
  };
  return callsHref({ ...(unit === 'events' && { show: 'events' }), [dimension]: value }, place);
}
