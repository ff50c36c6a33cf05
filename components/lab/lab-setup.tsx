'use client';

import { useEffect, useState } from 'react';
import { labParams } from '../../lib/shared/lab/lab-config.ts';
import { labScenario } from '../../lib/shared/lab/lab-scenarios.ts';
import {
  type LabConfig,
  labBounds,
  labClouds,
  labPresets,
  labScenarioIds,
  labSpreads,
} from '../../lib/shared/lab/lab-view.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import { useBeginLab, useLabs } from '../hooks/use-lab.ts';
import { useStartSandbox } from '../hooks/use-sandbox.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { StartSandbox } from '../start/start-sandbox.tsx';
import { Loaded } from '../states/loaded.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Panel } from '../ui/panel.tsx';
import { LabChoice, LabNumber } from './lab-field.tsx';
import { cloudLabels, presetLabels, spreadLabels } from './lab-labels.ts';

/** Shows a lab from its top: what one pressed lies far down on a phone. */
function useEnterLab(): (config: LabConfig, id: string) => void {
  const { set } = useUrlState();
  return (config, id) => {
    set({ ...labParams(config), lab: id });
    window.scrollTo(0, 0);
  };
}

/** What a lab begins with. */
export function LabSetup({ config: addressed }: { config: LabConfig }) {
  const { set } = useUrlState();
  const enter = useEnterLab();
  const labs = useLabs();
  const [config, change] = useAtOnce(addressed, (next) => set(labParams(next)));
  return (
    <div className="explain-grid">
      <section className="answer span-all" aria-label="What the lab is">
        <p className="answer-first">
          Take a key away, and watch when each process can no longer read.
        </p>
        <p className="note">
          Real engines, a simulated cloud, and time that runs up to 3,600 times as fast. Never try
          it on a key in use.
        </p>
      </section>
      <Panel
        title="What to see"
        className="span-all"
        note="A scenario leads step by step. The same address gives the same lab again."
      >
        <Scenarios config={config} onChange={change} />
      </Panel>
      <Panel title="Settings" className="span-all">
        <Settings config={config} onChange={change} />
        <Loaded request={labs} label="Loading whether labs can run here" lines={1}>
          {({ state }) => <Begin config={config} state={state} />}
        </Loaded>
      </Panel>
      {labs.data !== undefined && labs.data.labs.length > 0 && (
        <Panel title="Labs that run" className="span-all" note="Each can be rejoined.">
          <ul className="plain-list">
            {labs.data.labs.map(({ id, config: of, now }) => (
              <li key={id}>
                <button type="button" className="button button-small" onClick={() => enter(of, id)}>
                  Rejoin {id}
                </button>{' '}
                {of.scenario === null ? 'Free lab' : labScenario(of.scenario, of.cloud).title},{' '}
                {cloudLabels[of.cloud]}, <span className="num">{instantText(now)}</span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </div>
  );
}

type Change = (more: Partial<LabConfig>) => void;

/** Shows a choice at once; the address follows a moment later. */
function useAtOnce(addressed: LabConfig, write: (config: LabConfig) => void): [LabConfig, Change] {
  const [chosen, setChosen] = useState<LabConfig | null>(null);
  const address = JSON.stringify(addressed);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once the address has moved, it says what is chosen.
  useEffect(() => setChosen(null), [address]);
  const config = chosen ?? addressed;
  const change = (more: Partial<LabConfig>) => {
    setChosen({ ...config, ...more });
    write({ ...config, ...more });
  };
  return [config, change];
}

function Scenarios({ config, onChange }: { config: LabConfig; onChange: Change }) {
  const scenarios = labScenarioIds.map((id) => labScenario(id, config.cloud));
  return (
    <fieldset className="lab-scenarios">
      <legend className="visually-hidden">Scenario</legend>
      {scenarios.map(({ id, title, about, config: best }) => (
        <label key={id} className="lab-scenario">
          <input
            type="radio"
            name="scenario"
            checked={config.scenario === id}
            onChange={() => onChange({ ...best, scenario: id })}
          />
          <span>
            <strong>{title}</strong>
            <span className="note">{about}</span>
          </span>
        </label>
      ))}
      <label className="lab-scenario">
        <input
          type="radio"
          name="scenario"
          checked={config.scenario === null}
          onChange={() => onChange({ scenario: null })}
        />
        <span>
          <strong>Free lab</strong>
          <span className="note">No script: every act at any time, in any order.</span>
        </span>
      </label>
    </fieldset>
  );
}

function Settings({ config, onChange }: { config: LabConfig; onChange: Change }) {
  const { cloud, preset, spread } = config;
  return (
    <div className="lab-fields">
      <LabChoice
        label="Cloud"
        value={cloud}
        options={labClouds.map((value) => ({ value, label: cloudLabels[value] }))}
        onChange={(value) => onChange({ cloud: value })}
      />
      <LabChoice
        label="Preset"
        value={preset}
        options={labPresets.map((value) => ({ value, label: presetLabels[value] }))}
        onChange={(value) => onChange({ preset: value })}
      />
      <LabChoice
        label="Spread of leases"
        value={spread}
        options={labSpreads.map((value) => ({ value, label: spreadLabels[value] }))}
        onChange={(value) => onChange({ spread: value })}
      />
      <LabNumber
        label="TTL, minutes"
        value={config.ttlMinutes}
        bounds={labBounds.ttlMinutes}
        onChange={(ttlMinutes) => onChange({ ttlMinutes })}
      />
      <LabNumber
        label="Processes"
        value={config.processes}
        bounds={labBounds.processes}
        onChange={(processes) => onChange({ processes })}
      />
      <LabNumber
        label="Seed"
        value={config.seed}
        bounds={labBounds.seed}
        onChange={(seed) => onChange({ seed })}
      />
    </div>
  );
}

function Begin({ config, state }: { config: LabConfig; state: 'none' | 'laying' | 'ready' }) {
  const enter = useEnterLab();
  const begin = useBeginLab();
  const start = useStartSandbox();
  if (state === 'none')
    return (
      <StateBox
        kind="empty"
        title="No sandbox runs here"
        text="The lab is a part of the sandbox, which is a simulated cloud with two days of history."
        action={<StartSandbox start={start} />}
      />
    );
  return (
    <div className="lab-begin">
      <button
        type="button"
        className="button button-primary"
        disabled={begin.isPending || state === 'laying'}
        onClick={() => begin.mutate(config, { onSuccess: ({ id }) => enter(config, id) })}
      >
        {begin.isPending ? 'Beginning…' : 'Begin'}
      </button>
      {state === 'laying' && (
        <span className="note" role="status">
          The sandbox is still laying its history; the lab can begin when that is done.
        </span>
      )}
      {begin.error && (
        <span className="field-fault" role="alert">
          {begin.error.message}
        </span>
      )}
    </div>
  );
}
