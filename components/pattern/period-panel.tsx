'use client';

import { useState } from 'react';
import type { PatternView } from '../../lib/shared/pattern-view.ts';
import { countText } from '../../lib/shared/screen-text.ts';
import { ChartCursor } from '../charts/chart-cursor.tsx';
import { chanceText, decimalText } from '../charts/model/figure-text.ts';
import { SpectrumChart } from '../charts/spectrum.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Badge } from '../ui/badge.tsx';
import { Panel } from '../ui/panel.tsx';
import { Term } from '../ui/term.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { PeriodTable } from './pattern-data-tables.tsx';

const hourMs = 3_600_000;

/** Found and expected differ by fractions of a minute. */
const minutesText = (ms: number): string => `${decimalText(ms / 60_000)} min`;

type Period = NonNullable<PatternView['period']>;

/** The period found beside the one that the TTL suggests, and the spectrum that was searched. */
export function PeriodPanel({ period, spectrum }: Pick<PatternView, 'period' | 'spectrum'>) {
  return (
    <Panel
      title="Period"
      note="Whether loads come back after a fixed time, judged by their times alone. A TTL echo comes back after T + 1/L."
      tools={
        period && (
          <Badge tone={period.confirmed ? 'good' : 'warn'}>
            {period.confirmed ? 'Confirmed' : 'Not confirmed'}
          </Badge>
        )
      }
    >
      {period === null ? (
        <StateBox
          kind="empty"
          title="Too few bursts to say"
          text="A period needs several bursts of loads; a longer window has more of them."
          action={<WiderLink />}
        />
      ) : (
        <Figures period={period} />
      )}
      {spectrum.length > 1 && <Spectrum spectrum={spectrum} period={period} />}
    </Panel>
  );
}

function Figures({ period }: { period: Period }) {
  const { foundMs, theoryMs, ttlMs, accessesPerHour, z, pValue, cohorts } = period;
  const isKnown = theoryMs !== null && ttlMs !== null && accessesPerHour !== null;
  return (
    <dl className="figures">
      <div>
        <dt>Found</dt>
        <dd>
          <strong>{minutesText(foundMs)}</strong>
        </dd>
      </div>
      <div>
        <dt>
          <Term of="T + 1/L" />
        </dt>
        <dd>
          <strong>{theoryMs === null ? 'not known' : minutesText(theoryMs)}</strong>
          {isKnown && (
            <span className="muted">
              {minutesText(ttlMs)} +{' '}
              {accessesPerHour > 0 ? minutesText(hourMs / accessesPerHour) : 'no uses'}
            </span>
          )}
        </dd>
      </div>
      <div>
        <dt>Uses an hour, L</dt>
        <dd>{accessesPerHour === null ? 'not known' : decimalText(accessesPerHour)}</dd>
      </div>
      <div>
        <dt>
          <Term of="strength">Strength</Term>
        </dt>
        <dd>{decimalText(z)}</dd>
      </div>
      <div>
        <dt>By chance</dt>
        <dd>{chanceText(pValue)}</dd>
      </div>
      <div>
        <dt>
          <Term of="cohort">Groups of loads</Term>
        </dt>
        <dd>{countText(cohorts)}</dd>
      </div>
    </dl>
  );
}

function Spectrum({
  spectrum,
  period,
}: {
  spectrum: PatternView['spectrum'];
  period: Period | null;
}) {
  const [index, setIndex] = useState<number | null>(null);
  const point = index === null ? undefined : spectrum[index];
  const words = point ? `${minutesText(point.periodMs)}: strength ${decimalText(point.z)}` : '';
  return (
    <>
      <SpectrumChart
        spectrum={spectrum}
        foundMs={period?.foundMs ?? null}
        theoryMs={period?.theoryMs ?? null}
        active={point?.periodMs ?? null}
      />
      <ChartCursor
        label="Period to inspect"
        count={spectrum.length}
        index={point ? index : null}
        text={point ? words : 'No period chosen'}
        onMove={setIndex}
      >
        <p className={point ? 'chart-readout' : 'chart-readout muted'}>
          {point ? (
            <>
              <strong>{minutesText(point.periodMs)}</strong>
              <span className="num">strength {decimalText(point.z)}</span>
            </>
          ) : (
            'Strength of each period tried; slide to read one.'
          )}
        </p>
      </ChartCursor>
      <ul className="chart-legend" aria-label="Legend">
        {period && (
          <li>
            <svg className="swatch" width="12" height="12" aria-hidden="true">
              <path d="M6 0v12" stroke="var(--line-echo)" strokeWidth="2" />
            </svg>
            Found
          </li>
        )}
        {period?.theoryMs != null && (
          <li>
            <svg className="swatch" width="12" height="12" aria-hidden="true">
              <path d="M6 0v12" stroke="var(--ink)" strokeWidth="2" strokeDasharray="3 2" />
            </svg>
            T + 1/L
          </li>
        )}
      </ul>
      <PeriodTable spectrum={spectrum} />
    </>
  );
}
