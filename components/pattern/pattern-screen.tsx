'use client';

import { TrafficFilter } from '../controls/traffic-filter.tsx';
import { WindowHead } from '../controls/window-head.tsx';
import { Answer } from '../explain/answer.tsx';
import { useChoices } from '../hooks/use-choices.ts';
import { usePattern } from '../hooks/use-pattern.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { LoadedScreen } from '../states/loaded.tsx';
import { PatternPanel } from './pattern-panel.tsx';
import { PeriodPanel } from './period-panel.tsx';
import { RepeatsPanel } from './repeats-panel.tsx';
import '../explain/explain.css';
import './pattern.css';

/** When within the hour the KMS is asked, and whether that repeats. */
export function PatternScreen() {
  const { window, filter } = useUrlState();
  const pattern = usePattern(window, filter);
  const choices = useChoices(window);
  return (
    <>
      <WindowHead title="Pattern" shown={pattern.data?.window} />
      <TrafficFilter choices={choices} />
      <LoadedScreen
        request={pattern}
        answer="Loading the answer"
        panel={{ title: 'Minute of the hour, hour by hour', label: 'Loading the heatmap' }}
        failure={{ title: 'The pattern cannot be shown' }}
      >
        {(view) => (
          <>
            <Answer sentences={view.sentences} links={view.sentenceLinks} window={view.window} />
            <PatternPanel view={view} />
            <RepeatsPanel lines={view.lines} rows={view.rows} />
            <PeriodPanel period={view.period} spectrum={view.spectrum} />
          </>
        )}
      </LoadedScreen>
    </>
  );
}
