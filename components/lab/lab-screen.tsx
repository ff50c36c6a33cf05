'use client';

import { labConfigOf } from '../../lib/shared/lab/lab-config.ts';
import { useLab } from '../hooks/use-lab.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { LoadingState } from '../states/loading-state.tsx';
import { Notice } from '../states/notice.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Panel } from '../ui/panel.tsx';
import { LabRunning } from './lab-running.tsx';
import { LabSetup } from './lab-setup.tsx';
import '../explain/explain.css';
import './lab.css';

/** A guided sandbox: chosen first, then watched and acted upon. All of it is in the address. */
export function LabScreen() {
  const { values } = useUrlState();
  const id = values.lab;
  return (
    <>
      <div className="screen-head">
        <h1>Lab</h1>
      </div>
      {id === null ? <LabSetup config={labConfigOf(values)} /> : <OneLab key={id} id={id} />}
    </>
  );
}

function OneLab({ id }: { id: string }) {
  const { set } = useUrlState();
  const { data, error, dataUpdatedAt, refetch } = useLab(id);
  const isGone = error !== null && 'status' in error && error.status === 404;
  if (data !== undefined && !isGone)
    return (
      <>
        {error && (
          <Notice text={`Not refreshed: ${error.message}`} onRetry={() => void refetch()} />
        )}
        <LabRunning view={data} readAt={dataUpdatedAt} />
      </>
    );
  return (
    <div className="explain-grid">
      <Panel title={error ? 'No such lab' : 'The lab'} className="span-all">
        {error ? (
          <StateBox
            kind="error"
            title={isGone ? 'This lab was ended' : 'The lab does not answer'}
            text={
              isGone
                ? 'It was ended by hand, nobody had looked at it for 20 minutes, or the sandbox was stopped. The same settings give the same lab again.'
                : error.message
            }
            action={
              <button
                type="button"
                className="button"
                onClick={() => (isGone ? set({ lab: null }) : void refetch())}
              >
                {isGone ? 'Set it up again' : 'Try again'}
              </button>
            }
          />
        ) : (
          <LoadingState label="Loading the lab" />
        )}
      </Panel>
    </div>
  );
}
