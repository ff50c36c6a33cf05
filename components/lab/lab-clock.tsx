'use client';

import type { LabOrder, LabView } from '../../lib/shared/lab/lab-view.ts';
import { instantText, spanText } from '../../lib/shared/screen-text.ts';
import { useEndLab } from '../hooks/use-lab.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { cloudLabels } from './lab-labels.ts';

const speeds = [0, 1, 10, 60, 300, 1_200, 3_600];

/** What time it is in the lab, how fast it goes by, and the lab's own end. */
export function LabClock({
  view,
  now,
  onOrder,
}: {
  view: LabView;
  now: number;
  onOrder: (order: LabOrder) => void;
}) {
  const { set, hrefWith } = useUrlState();
  const end = useEndLab(view.id);
  const { config, speed, behindMs } = view;
  const address = () => new URL(hrefWith({ lab: null }), location.href).href;
  return (
    <div className="lab-clock">
      <p className="note">
        {cloudLabels[config.cloud]}, {config.preset}, TTL {config.ttlMinutes} min, seed{' '}
        {config.seed}. Now{' '}
        <time className="num" dateTime={new Date(now).toISOString()} suppressHydrationWarning>
          {instantText(now, 'second')}
        </time>
        {behindMs > 1_000 * Math.max(1, speed) && (
          <>, {spanText(behindMs)} behind: this machine cannot go faster</>
        )}
        .
      </p>
      <div className="lab-clock-tools">
        <fieldset className="segmented">
          <legend className="visually-hidden">Speed</legend>
          {speeds.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={speed === one}
              onClick={() => onOrder({ kind: 'speed', speed: one })}
            >
              {one === 0 ? 'Pause' : `${one}×`}
            </button>
          ))}
        </fieldset>
        <CopyLink address={address} />
        <button
          type="button"
          className="button button-small"
          onClick={() => {
            // First away from it, so that it is not asked for any more.
            set({ lab: null });
            end.mutate();
          }}
        >
          End the lab
        </button>
      </div>
    </div>
  );
}

/** The address that gives everybody a lab of their own, the same as this one was. */
function CopyLink({ address }: { address: () => string }) {
  // On the server there is no address yet.
  const text = typeof location === 'undefined' ? '' : address();
  return <CopyButton text={text} label="Copy a link to this lab" />;
}
