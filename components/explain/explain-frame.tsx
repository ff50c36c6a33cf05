'use client';

import dynamic from 'next/dynamic';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { rangeText } from '../../lib/shared/screen-text.ts';
import { TrafficFilter } from '../controls/traffic-filter.tsx';
import { WindowPicker } from '../controls/window-picker.tsx';
import { useExplain } from '../hooks/use-explain.ts';
import { useSandbox } from '../hooks/use-sandbox.ts';
import { useStore } from '../hooks/use-store.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { FailureState } from '../states/failure-state.tsx';
import { LoadingScreen } from '../states/loading-state.tsx';
import { Panel } from '../ui/panel.tsx';
import { Refreshing } from '../ui/refreshing.tsx';
import './explain.css';

const StartScreen = dynamic(async () => (await import('../start/start-screen.tsx')).StartScreen);

interface Framed {
  title: string;
  /** The screen's panels. */
  children: (view: ExplainView) => React.ReactNode;
}

/** A screen over the explanation of a window: what to connect as long as nothing is stored, then its panels. */
export function ExplainFrame(framed: Framed) {
  const store = useStore();
  const sandbox = useSandbox();
  // While the sandbox lays its history the store is not empty for long.
  const isFirstRun = store.data?.extent === null && sandbox.data?.running === false;
  return isFirstRun ? <StartScreen /> : <Filled {...framed} />;
}

function Filled({ title, children }: Framed) {
  const { window, filter } = useUrlState();
  const { data, error, isFetching, isPlaceholderData, refetch } = useExplain(window, filter);
  const retry = () => void refetch();
  return (
    <>
      <div className="screen-head">
        <h1>
          {window.kind === 'last' ? `${title}, last ${window.last}` : title}
          <span className="screen-range">{data ? rangeText(data.window) : ' '}</span>
        </h1>
        <WindowPicker shown={data?.window} />
      </div>
      <TrafficFilter choices={data?.choices} />
      {data ? (
        <Refreshing active={isFetching} isOther={isPlaceholderData} error={error} onRetry={retry}>
          <div className="explain-grid">{children(data)}</div>
        </Refreshing>
      ) : (
        <div className="explain-grid">
          {error ? (
            <Panel title="No explanation" className="span-all">
              <FailureState error={error} onRetry={retry} />
            </Panel>
          ) : (
            <LoadingScreen
              answer="Loading the explanation"
              panels={[{ title, label: `Loading ${title}` }]}
            />
          )}
        </div>
      )}
    </>
  );
}
