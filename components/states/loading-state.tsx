'use client';

import { overdueWords, useOverdue } from '../hooks/use-overdue.ts';
import { Panel } from '../ui/panel.tsx';
import { StateBox } from './state-box.tsx';

/** Grey bars where data will stand, on the first load only; after a while with a word. */
export function LoadingState({ label, lines }: { label: string; lines?: number | undefined }) {
  const { overdue, again } = useOverdue(true);
  return overdue ? <OverdueState onRetry={again} /> : <Skeleton label={label} lines={lines} />;
}

/** A screen's answer and first panel before there is anything to put into them. */
export function LoadingScreen({
  answer,
  panel: { title, label },
}: {
  answer: string | undefined;
  panel: { title: string; label: string };
}) {
  const { overdue, again } = useOverdue(true);
  if (overdue)
    return (
      <Panel title="Waiting for the server" className="span-all">
        <OverdueState onRetry={again} />
      </Panel>
    );
  return (
    <>
      {answer !== undefined && (
        <div className="answer span-all">
          <Skeleton label={answer} lines={2} />
        </div>
      )}
      <Panel title={title} className="span-all">
        <Skeleton label={label} lines={8} />
      </Panel>
    </>
  );
}

function Skeleton({ label, lines = 4 }: { label: string; lines?: number | undefined }) {
  const widths = [92, 64, 78, 48, 86, 58, 70, 40];
  return (
    <div className="state-box state-loading" role="status" aria-label={label}>
      {widths.slice(0, lines).map((width) => (
        <span key={width} className="skeleton" style={{ width: `${width}%` }} />
      ))}
      <span className="visually-hidden">{label}</span>
    </div>
  );
}

function OverdueState({ onRetry }: { onRetry: () => void }) {
  return (
    <StateBox
      kind="waiting"
      title={overdueWords}
      text="It is busy or stands still. What it sends is shown as soon as it comes."
      action={
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      }
    />
  );
}
