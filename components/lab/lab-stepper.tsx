'use client';

import { labScenario } from '../../lib/shared/lab/lab-scenarios.ts';
import type { LabScenarioId, LabView } from '../../lib/shared/lab/lab-view.ts';
import { Panel } from '../ui/panel.tsx';

/** A scenario's steps: what was done, what is being seen, what comes next. */
export function LabStepper({
  view,
  scenario,
  isBusy,
  onNext,
}: {
  view: LabView;
  scenario: LabScenarioId;
  isBusy: boolean;
  onNext: (step: number) => void;
}) {
  const { title, about, steps } = labScenario(scenario, view.config.cloud);
  const isRunning = view.stepEndsAt !== null;
  const isOver = view.step >= steps.length && !isRunning;
  const next = steps[view.step];
  return (
    <Panel title={title} className="span-all" note={about}>
      <ol className="lab-steps">
        {steps.map((step, index) => {
          const isCurrent = index === view.step - 1;
          return (
            <li key={step.title} aria-current={isCurrent ? 'step' : undefined}>
              <strong>
                {index + 1}. {step.title}
              </strong>
              {index < view.step && <p className="note">{step.say}</p>}
            </li>
          );
        })}
      </ol>
      <p className="lab-next">
        {next === undefined ? null : (
          <button
            type="button"
            className="button button-primary"
            aria-disabled={isBusy || isRunning}
            onClick={() => {
              if (!isBusy && !isRunning) onNext(view.step);
            }}
          >
            Next: {next.title}
          </button>
        )}
        <span className="note" role="status">
          {isRunning
            ? 'The step runs; time stops when it is over.'
            : isOver
              ? 'The scenario is over: the report says what was measured.'
              : view.step === 0
                ? 'Time stands still until the first step.'
                : 'The step is over, and time stands still. Look around, then go on.'}
        </span>
      </p>
    </Panel>
  );
}
