'use client';

import { rangeText } from '../../lib/shared/screen-text.ts';
import type { SpikesView } from '../../lib/shared/spike-view.ts';
import { TrafficFilter } from '../controls/traffic-filter.tsx';
import { WindowPicker } from '../controls/window-picker.tsx';
import { Answer } from '../explain/answer.tsx';
import { ExportLinks } from '../export/export-links.tsx';
import { useChoices } from '../hooks/use-choices.ts';
import { useSpikes } from '../hooks/use-spikes.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { FailureState } from '../states/failure-state.tsx';
import { LoadingScreen } from '../states/loading-state.tsx';
import { Panel } from '../ui/panel.tsx';
import { Refreshing } from '../ui/refreshing.tsx';
import { NoSpikes } from './no-spikes.tsx';
import { SpikeList } from './spike-list.tsx';
import { SpikesPanel } from './spikes-panel.tsx';
import '../explain/explain.css';
import './spikes.css';

/** Where the counts of requests leave what is usual for their time of day. */
export function SpikesScreen() {
  const { window, filter } = useUrlState();
  const { data, error, isFetching, isPlaceholderData, refetch } = useSpikes(window, filter);
  const choices = useChoices(window);
  const retry = () => void refetch();
  return (
    <>
      <div className="screen-head">
        <h1>
          {window.kind === 'last' ? `Spikes, last ${window.last}` : 'Spikes'}
          <span className="screen-range">{data ? rangeText(data.window) : ' '}</span>
        </h1>
        <WindowPicker shown={data?.window} />
      </div>
      <TrafficFilter
        choices={choices}
        names={['workspace', 'key', 'principal']}
        unused="spikes are found by key, workspace and principal, so this filter has no effect here."
      />
      {data ? (
        <Refreshing active={isFetching} isOther={isPlaceholderData} error={error} onRetry={retry}>
          <Found view={data} />
        </Refreshing>
      ) : (
        <div className="explain-grid">
          {error ? (
            <Panel title="No spikes to show" className="span-all">
              <FailureState error={error} onRetry={retry} />
            </Panel>
          ) : (
            <LoadingScreen
              answer="Loading the answer"
              panels={[{ title: 'Counted and expected', label: 'Loading the chart' }]}
            />
          )}
        </div>
      )}
    </>
  );
}

function Found({ view }: { view: SpikesView }) {
  const { spikes, more } = view;
  return (
    <div className="explain-grid">
      <Answer sentences={[view.sentence]} window={view.window} />
      <SpikesPanel view={view} />
      <Panel
        title="Spikes and drops"
        className="span-all"
        note="Furthest from expected first."
        tools={spikes.length > 0 && <ExportLinks of="spikes" />}
      >
        {spikes.length === 0 ? <NoSpikes /> : <SpikeList spikes={spikes} />}
        {more > 0 && (
          <p className="note panel-foot">
            {more} smaller ones are not listed: choose a shorter window to see them.
          </p>
        )}
      </Panel>
    </div>
  );
}
