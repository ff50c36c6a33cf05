'use client';

import type { SpikeView } from '../../lib/shared/spike-view.ts';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { NoSpikes } from './no-spikes.tsx';
import { SpikeList } from './spike-list.tsx';

const listedMax = 5;

/** The largest spikes of the window, and the way to all of them. */
export function TopSpikes({ spikes }: { spikes: readonly SpikeView[] }) {
  return (
    <Panel
      title="Spikes and drops"
      className="span-all"
      note="Minutes beyond, or far below, what is expected then; furthest from it first."
      tools={
        <PageLink className="button button-small" href="/spikes">
          All spikes
        </PageLink>
      }
    >
      {spikes.length === 0 ? <NoSpikes /> : <SpikeList spikes={spikes.slice(0, listedMax)} />}
    </Panel>
  );
}
