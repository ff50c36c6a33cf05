'use client';

import { dataNow } from '../../lib/shared/countdown.ts';
import type { LabView } from '../../lib/shared/lab/lab-view.ts';
import { labSentence } from '../../lib/shared/lab/lab-words.ts';
import { useOrderLab } from '../hooks/use-lab.ts';
import { useWallClock } from '../hooks/use-wall-clock.ts';
import { LabActs } from './lab-acts.tsx';
import { LabAuditPanel } from './lab-audit.tsx';
import { LabCauses, LabMessages } from './lab-charts.tsx';
import { LabClock } from './lab-clock.tsx';
import { LabDataPanel } from './lab-data.tsx';
import { LabProcesses } from './lab-processes.tsx';
import { LabReport } from './lab-report.tsx';
import { LabStepper } from './lab-stepper.tsx';
import { LabTurns } from './lab-turns.tsx';

const tickMs = 250;

/** One lab: what it means now, what can be done, and everything that comes of it at once. */
export function LabRunning({ view, readAt }: { view: LabView; readAt: number }) {
  const order = useOrderLab(view.id);
  const now = useLabNow(view, readAt);
  const give = order.mutate;
  return (
    <div className="explain-grid">
      <section className="answer span-all" aria-label="What it means">
        <p className="answer-first" suppressHydrationWarning>
          {labSentence(view, now)}
        </p>
        <LabClock view={view} now={now} onOrder={give} />
        {order.error && (
          <p className="field-fault" role="alert">
            {order.error.message}
          </p>
        )}
      </section>
      {view.config.scenario !== null && (
        <LabStepper
          view={view}
          scenario={view.config.scenario}
          isBusy={order.isPending}
          onNext={(step) => give({ kind: 'next', step })}
        />
      )}
      <LabReport view={view} />
      <LabActs
        view={view}
        isBusy={order.isPending}
        onAct={(act) => give({ kind: 'act', act })}
        onSkip={(ms) => give({ kind: 'skip', ms })}
      />
      <LabProcesses view={view} now={now} />
      <LabMessages view={view} />
      <LabDataPanel view={view} />
      <LabCauses view={view} />
      <LabTurns turns={view.turns} />
      <LabAuditPanel view={view} />
    </div>
  );
}

/** The lab's clock between two looks; it stops where a step ends. */
function useLabNow({ now, speed, behindMs, stepEndsAt }: LabView, readAt: number): number {
  const wallNow = useWallClock(tickMs);
  // Behind its pace, it is where it was seen last.
  if (behindMs > 1_000 * Math.max(1, speed)) return now;
  const runs = dataNow({ now, speed, readAt }, wallNow);
  return Math.min(runs, stepEndsAt ?? runs);
}
