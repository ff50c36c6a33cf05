'use client';

import type { EchoOrigin } from '../../lib/shared/spike-view.ts';
import { causePaint } from './cause-style.ts';
import { stepText, type TimelineStep } from './model/echo-timeline.ts';
import { percent, shareOf, stopAt } from './model/plot.ts';
import { Marked, Plot } from './plot.tsx';

const minuteMs = 60_000;
const barPx = 14;

/** An echo's generations by time; what has not come yet is pale and hatched, the mark is at the page's own. */
export function TimelineChart({
  steps,
  echo,
}: {
  steps: readonly TimelineStep[];
  echo: EchoOrigin;
}) {
  const first = steps[0]?.from ?? 0;
  const last = steps.at(-1)?.from ?? 1;
  const room = Math.max((last - first) * 0.04, 5 * minuteMs);
  const span = { from: first - room, to: last + room };
  const here = steps.find(({ generation }) => generation === echo.generation);
  return (
    <Plot
      words={steps.map(stepText).join('; ')}
      className="timeline-chart"
      span={span}
      most={Math.max(1, ...steps.map(({ calls }) => calls))}
      stops={steps}
      tooltip={({ from }) => {
        const step = stopAt(steps, from);
        return step && <p className="chart-tooltip">{stepText(step)}</p>;
      }}
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
