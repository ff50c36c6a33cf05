'use client';

import { useId, useState } from 'react';
import { actWords } from '../../lib/shared/lab/lab-act-words.ts';
import type { LabAct, LabActKind, LabView } from '../../lib/shared/lab/lab-view.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import { Badge } from '../ui/badge.tsx';
import { Panel } from '../ui/panel.tsx';
import { stateLabels } from './lab-labels.ts';

const groups: readonly { title: string; acts: readonly LabActKind[] }[] = [
  { title: 'Key', acts: ['disable', 'enable', 'schedule-deletion', 'rotate'] },
  {
    title: 'Access',
    acts: ['take-permission', 'give-permission', 'detach-trust', 'attach-trust'],
  },
  { title: 'KMS', acts: ['cut-off', 'throttle', 'restore'] },
];

const minuteMs = 60_000;
const skips = [
  { label: '10 min', ms: 10 * minuteMs },
  { label: '1 h', ms: 60 * minuteMs },
  { label: '1 day', ms: 1_440 * minuteMs },
  { label: '30 days', ms: 30 * 1_440 * minuteMs },
];

/** Everything that can be done, at any time; what makes no sense changes nothing and says why. */
export function LabActs({
  view,
  isBusy,
  onAct,
  onSkip,
}: {
  view: LabView;
  isBusy: boolean;
  onAct: (act: LabAct) => void;
  onSkip: (ms: number) => void;
}) {
  const last = view.turns.find(({ kind }) => kind !== 'seen');
  const act = (kind: LabActKind) => (
    <button
      key={kind}
      type="button"
      className={actWords(kind).isRevocation ? 'button button-danger' : 'button'}
      aria-disabled={isBusy}
      onClick={() => {
        if (!isBusy) onAct({ kind });
      }}
    >
      {actWords(kind).label}
    </button>
  );
  return (
    <Panel title="Do something" className="span-all" note={<KeysNow view={view} />}>
      <div className="lab-acts">
        {groups.map(({ title, acts }) => (
          <fieldset key={title}>
            <legend>{title}</legend>
            {acts.map(act)}
          </fieldset>
        ))}
        <fieldset>
          <legend>Which key</legend>
          {act('repoint-alias')}
          <SwitchKey onSwitch={(key) => onAct({ kind: 'switch-key', key })} />
        </fieldset>
        <fieldset>
          <legend>Service</legend>
          {act('deploy')}
          <button
            type="button"
            className="button"
            onClick={() => onAct({ kind: 'deploy', spread: 'first-lease' })}
          >
            Deploy with spread leases
          </button>
          {act('check')}
        </fieldset>
        <fieldset>
          <legend>Time travel</legend>
          {skips.map(({ label, ms }) => (
            <button key={label} type="button" className="button" onClick={() => onSkip(ms)}>
              +{label}
            </button>
          ))}
        </fieldset>
      </div>
      <p className={last?.kind === 'refused' ? 'lab-said is-refused' : 'lab-said'} role="status">
        {last?.text ?? 'Nothing was done yet.'}
      </p>
    </Panel>
  );
}

function SwitchKey({ onSwitch }: { onSwitch: (key: string) => void }) {
  const id = useId();
  const [key, setKey] = useState('');
  return (
    <form
      className="lab-switch"
      onSubmit={(event) => {
        event.preventDefault();
        onSwitch(key);
      }}
    >
      <label htmlFor={id} className="visually-hidden">
        Key to switch to: A, B or a key URI; the other one if empty
      </label>
      <input
        id={id}
        type="text"
        placeholder="A, B or a key URI"
        autoComplete="off"
        spellCheck={false}
        maxLength={2_048}
        value={key}
        onChange={(event) => setKey(event.target.value)}
      />
      <button type="submit" className="button button-danger">
        {actWords('switch-key').label}
      </button>
    </form>
  );
}

/** Both keys' states, and which one is in use. */
function KeysNow({ view: { keys, registered, now, trusted } }: { view: LabView }) {
  return (
    <>
      {keys.map(({ name, asked, inForce, permitted, goneAt, materials }) => (
        <span key={name} className="lab-key">
          Key {name}
          {name === registered.key && ` (in use, by its ${registered.via})`}:{' '}
          <Badge tone={asked === 'enabled' ? 'good' : 'bad'}>{stateLabels[asked]}</Badge>
          {asked !== inForce && ' on its way'}
          {!permitted.asked && ', permission taken'}
          {materials > 1 && `, rotated ${materials - 1}×`}
          {goneAt !== null && goneAt > now && `, gone ${instantText(goneAt)}`}
        </span>
      ))}
      {!trusted && <span className="lab-key">The trust is detached.</span>}
    </>
  );
}
