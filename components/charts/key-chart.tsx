'use client';

import { countText, instantText, nounText } from '../../lib/shared/screen-text.ts';
import type { OnRange } from './cursor.ts';
import type { KeyHour, KeyMark } from './model/key-hours.ts';
import { percent, shareOf, stopAt } from './model/plot.ts';
import { Plot } from './plot.tsx';

/** A key's requests by hour, granted and refused, with a line at each change of the key. */
export function KeyChart({
  stops,
  marks,
  onRange,
}: {
  stops: readonly KeyHour[];
  /** What changed the key: a line each. */
  marks: readonly KeyMark[];
  onRange: OnRange;
}) {
  // A few wide hours would be one block.
  const gap = stops.length < 100 ? 0.05 : 0;
  const span = { from: stops[0]?.from ?? 0, to: stops.at(-1)?.to ?? 1 };
  return (
    <Plot
      words={wordsOf(stops, marks)}
      span={span}
      most={Math.max(1, ...stops.map(({ granted, refused }) => granted + refused))}
      stops={stops}
      tooltip={({ from }) => {
        const stop = stopAt(stops, from);
        return stop && <p className="chart-tooltip">{`${instantText(stop.from)}: ${stop.text}`}</p>;
      }}
      onRange={onRange}
    >
      {(top) => (
        <svg aria-hidden="true">
          {stops.map(({ from, to, granted, refused }) => {
            const room = shareOf(to, span) - shareOf(from, span);
            const x = percent(shareOf(from, span) + room * gap);
            const width = percent(room * (1 - 2 * gap));
            const place = (below: number, n: number) => ({
              y: percent(1 - (below + n) / top),
              height: percent(n / top),
            });
            return (
              <g key={from}>
                <rect x={x} width={width} {...place(0, granted)} fill="var(--bar-total)" />
                <rect x={x} width={width} {...place(granted, refused)} fill="var(--bad)" />
              </g>
            );
          })}
          {marks.map(({ eventId, at, takes }) => (
            <line
              key={eventId}
              x1={percent(shareOf(at, span))}
              x2={percent(shareOf(at, span))}
              y2="100%"
              stroke={takes ? 'var(--bad)' : 'var(--accent)'}
              strokeWidth={2}
              strokeDasharray={takes ? undefined : '4 3'}
            />
          ))}
        </svg>
      )}
    </Plot>
  );
}

function wordsOf(stops: readonly KeyHour[], marks: readonly KeyMark[]): string {
  const sum = (of: 'granted' | 'refused') => stops.reduce((all, hour) => all + hour[of], 0);
  const counts = `${countText(sum('granted'))} requests granted, ${countText(sum('refused'))} refused`;
  const changes = marks.map(({ label }) => label).join('; ');
  return `Requests by hour: ${counts}. ${nounText(marks.length, 'change')} of the key${changes === '' ? '' : `: ${changes}`}.`;
}
