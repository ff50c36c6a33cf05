'use client';

import type { SpikesView } from '../../lib/shared/spike-view.ts';
import { TrafficFilter } from '../controls/traffic-filter.tsx';
import { WindowHead } from '../controls/window-head.tsx';
import { Answer } from '../explain/answer.tsx';
import { ExportLinks } from '../export/export-links.tsx';
import { useChoices } from '../hooks/use-choices.ts';
import { useSpikes } from '../hooks/use-spikes.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { LoadedScreen } from '../states/loaded.tsx';
import { Panel } from '../ui/panel.tsx';
import { NoSpikes } from './no-spikes.tsx';
import { SpikeList } from './spike-list.tsx';
import { SpikesPanel } from './spikes-panel.tsx';
import '../explain/explain.css';
import './spikes.css';

/** Where the counts of requests leave what is usual for their time of day. */
export function SpikesScreen() {
  const { window, filter } = useUrlState();
  const spikes = useSpikes(window, filter);
  const choices = useChoices(window);
  return (
    <>
      <WindowHead title="Spikes" shown={spikes.data?.window} />
      <TrafficFilter
        choices={choices}
        names={['workspace', 'key', 'principal']}
        unused="spikes are found by key, workspace and principal, so this filter has no effect here."
      />
      <LoadedScreen
        request={spikes}
        answer="Loading the answer"
        panel={{ title: 'Counted and expected', label: 'Loading the chart' }}
        failure={{ title: 'The spikes cannot be shown' }}
      >
        {(view) => <Found view={view} />}
      </LoadedScreen>
    </>
  );
}

function Found({ view }: { view: SpikesView }) {
  const { spikes, more } = view;
  return (
    <>
      <Answer sentences={[view.sentence]} links={[view.links]} window={view.window} />
      <SpikesPanel view={view} />
      <Panel
        title="Spikes and drops"
        className="span-all"
        note="Furthest from expected first."
        tools={spikes.length > 0 && <ExportLinks of="spikes" />}
      >
        {spikes.length === 0 ? (
          <NoSpikes isCounted={view.buckets.some(({ calls }) => calls > 0)} />
        ) : (
          <SpikeList spikes={spikes} />
        )}
        {more > 0 && (
          <p className="note panel-foot">
            {more} smaller ones are not listed: choose a shorter window to see them.
          </p>
        )}
      </Panel>
    </>
  );
}
