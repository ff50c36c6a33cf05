'use client';

import { countText, instantText, nounText } from '../../lib/shared/screen-text.ts';
import { percent, shareOf, stopAt } from './model/plot.ts';
import { Plot } from './plot.tsx';

const hourMs = 3_600_000;

interface KeyChartProps {
  hours: readonly { at: number; granted: number; refused: number }[];
  /** What changed the key: a line each. */
  marks: readonly { eventId: string; at: number; label: string; takes: boolean }[];
}

/** A key's requests by hour, granted and refused, with a line at each change of the key. */
export function KeyChart({ hours, marks }: KeyChartProps) {
  const first = Math.min(...hours.map(({ at }) => at), ...marks.map(({ at }) => at));
  const last = Math.max(...hours.map(({ at }) => at + hourMs), ...marks.map(({ at }) => at));
  const span = { from: Math.floor(first / hourMs) * hourMs, to: Math.ceil(last / hourMs) * hourMs };
  const byHour = new Map(hours.map((hour) => [hour.at, hour]));
  const stops: { from: number; to: number; granted: number; refused: number }[] = [];
  for (let from = span.from; from < span.to; from += hourMs) {
    const { granted = 0, refused = 0 } = byHour.get(from) ?? {};
    stops.push({ from, to: from + hourMs, granted, refused });
  }
  return (
    <Plot
      words={wordsOf({ hours, marks })}
      span={span}
      most={Math.max(1, ...stops.map(({ granted, refused }) => granted + refused))}
      stops={stops}
      tooltip={({ from }) => {
        const stop = stopAt(stops, from);
        return (
          stop && (
            <p className="chart-tooltip">
              {`${instantText(stop.from)}: ${countText(stop.granted)} granted, ${countText(stop.refused)} refused`}
            </p>
          )
        );
      }}
    >
      {(top) => (
        <svg aria-hidden="true">
          {stops.map(({ from, to, granted, refused }) => {
            const x = percent(shareOf(from, span));
            const width = percent(shareOf(to, span) - shareOf(from, span));
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

function wordsOf({ hours, marks }: KeyChartProps): string {
  const sum = (of: 'granted' | 'refused') => hours.reduce((all, hour) => all + hour[of], 0);
  const counts = `${countText(sum('granted'))} requests granted, ${countText(sum('refused'))} refused`;
  const changes = marks.map(({ label }) => label).join('; ');
  return `Requests by hour: ${counts}. ${nounText(marks.length, 'change')} of the key${changes === '' ? '' : `: ${changes}`}.`;
}
