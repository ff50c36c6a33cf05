'use client';

import { labScenario } from '../../lib/shared/lab/lab-scenarios.ts';
import type { LabView } from '../../lib/shared/lab/lab-view.ts';
import { labReport } from '../../lib/shared/lab/lab-words.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Panel } from '../ui/panel.tsx';
import { cloudLabels } from './lab-labels.ts';

/** What was measured: of a scenario when it is over, else as soon as there is something. */
export function LabReport({ view }: { view: LabView }) {
  const { scenario: id, cloud } = view.config;
  const scenario = id === null ? null : labScenario(id, cloud);
  const isOver =
    scenario === null
      ? view.checks.length > 0 || view.revocations.length > 0
      : view.step >= scenario.steps.length && view.stepEndsAt === null;
  if (!isOver) return null;
  const lines = labReport(view);
  const title = `${scenario?.title ?? 'Free lab'}, ${cloudLabels[cloud]}`;
  const markdown = [`# ${title}`, '', ...lines.map((line) => `- ${line}`), ''].join('\n');
  return (
    <Panel
      title="Report"
      className="span-all"
      note={title}
      tools={<CopyButton text={markdown} label="Copy as Markdown" />}
    >
      <ul className="plain-list">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Panel>
  );
}
