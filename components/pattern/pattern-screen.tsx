'use client';

import { rangeText } from '../../lib/shared/screen-text.ts';
import { TrafficFilter } from '../controls/traffic-filter.tsx';
import { WindowPicker } from '../controls/window-picker.tsx';
import { Answer } from '../explain/answer.tsx';
import { useChoices } from '../hooks/use-choices.ts';
import { usePattern } from '../hooks/use-pattern.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { FailureState } from '../states/failure-state.tsx';
import { LoadingScreen } from '../states/loading-state.tsx';
import { Panel } from '../ui/panel.tsx';
import { Refreshing } from '../ui/refreshing.tsx';
import { PatternPanel } from './pattern-panel.tsx';
import { PeriodPanel } from './period-panel.tsx';
import { RepeatsPanel } from './repeats-panel.tsx';
import '../explain/explain.css';
import './pattern.css';

/** When within the hour the KMS is asked, and whether that repeats. */
export function PatternScreen() {
  const { window, filter } = useUrlState();
  const { data, error, isFetching, isPlaceholderData, refetch } = usePattern(window, filter);
  const choices = useChoices(window);
  const retry = () => void refetch();
  return (
    <>
      <div className="screen-head">
        <h1>
          {window.kind === 'last' ? `Pattern, last ${window.last}` : 'Pattern'}
          <span className="screen-range">{data ? rangeText(data.window) : ' '}</span>
        </h1>
        <WindowPicker shown={data?.window} />
      </div>
      <TrafficFilter choices={choices} />
      {data ? (
        <Refreshing active={isFetching} isOther={isPlaceholderData} error={error} onRetry={retry}>
          <div className="explain-grid">
            <Answer sentences={data.sentences} window={data.window} />
            <PatternPanel view={data} />
            <RepeatsPanel lines={data.lines} />
            <PeriodPanel period={data.period} spectrum={data.spectrum} />
          </div>
        </Refreshing>
      ) : (
        <div className="explain-grid">
          {error ? (
            <Panel title="No pattern to show" className="span-all">
              <FailureState error={error} onRetry={retry} />
            </Panel>
          ) : (
            <LoadingScreen
              answer="Loading the answer"
              panels={[{ title: 'Minute of the hour, hour by hour', label: 'Loading the heatmap' }]}
            />
          )}
        </div>
      )}
    </>
  );
}
