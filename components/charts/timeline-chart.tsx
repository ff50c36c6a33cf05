'use client';

import type { EchoOrigin } from '../../lib/shared/spike-view.ts';
import { causePaint } from './cause-style.ts';
import type { OnRange } from './cursor.ts';
import { stepText, type TimelineStep, type TimelineStop } from './model/echo-timeline.ts';
import { percent, shareOf, stopAt } from './model/plot.ts';
import { Marked, Plot } from './plot.tsx';

const minuteMs = 60_000;
const barPx = 14;

/** An echo's generations by time; what has not come yet is pale and hatched, the mark is at the page's own. */
export function TimelineChart({
  steps,
  stops,
  echo,
  onRange,
}: {
  steps: readonly TimelineStep[];
  stops: readonly TimelineStop[];
  echo: EchoOrigin;
  onRange: OnRange;
}) {
  const first = steps[0]?.from ?? 0;
  const last = steps.at(-1)?.from ?? 1;
  const room = Math.max((last - first) * 0.04, 5 * minuteMs);
  const span = { from: first - room, to: last + room };
  const here = steps.find(({ generation }) => generation === echo.generation);
  return (
    <Plot
      words={`Generations: ${steps.map(stepText).join('; ')}`}
      className="timeline-chart"
      span={span}
      most={Math.max(1, ...steps.map(({ calls }) => calls))}
      stops={stops}
      tooltip={({ from }) => {
        const stop = stopAt(stops, from);
        return stop && <p className="chart-tooltip">{stop.text}</p>;
      }}
      onRange={onRange}
    >
      {(top) => (
        <>
          {here && (
            <Marked span={span} of={{ from: here.from, to: here.from }} className="spike-mark" />
          )}
          <svg aria-hidden="true">
            {steps.map(({ generation, from, calls, state }) => {
              const isAhead = state === 'ahead';
              const place = {
                x: -barPx / 2,
                width: barPx,
                y: percent(1 - calls / top),
                height: percent(calls / top),
              };
              const { fill } = causePaint(generation === 0 ? echo.cause : 'load.expired');
              return (
                <svg
                  key={generation}
                  x={percent(shareOf(from, span))}
                  overflow="visible"
                  aria-hidden="true"
                >
                  <rect {...place} fill={fill} opacity={isAhead ? 0.35 : 1} />
                  {isAhead && <rect {...place} fill="url(#bar-incomplete)" />}
                </svg>
              );
            })}
          </svg>
        </>
      )}
    </Plot>
  );
}
