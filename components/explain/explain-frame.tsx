'use client';

import type { ExplainView } from '../../lib/shared/dto.ts';
import { TrafficFilter } from '../controls/traffic-filter.tsx';
import { WindowHead } from '../controls/window-head.tsx';
import { useExplain } from '../hooks/use-explain.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import type { ExplainPanel } from '../hooks/view-keys.ts';
import { LoadedScreen } from '../states/loaded.tsx';
import './explain.css';

interface Framed {
  title: string;
  panel?: ExplainPanel;
  /** The screen's panels. */
  children: (view: ExplainView) => React.ReactNode;
}

/** A screen over the explanation of a window. */
export function ExplainFrame({ title, panel, children }: Framed) {
  const { window, filter } = useUrlState();
  const explained = useExplain(window, filter, panel);
  return (
    <>
      <WindowHead title={title} shown={explained.data?.window} />
      <TrafficFilter choices={explained.data?.choices} />
      <LoadedScreen
        request={explained}
        answer="Loading the explanation"
        panel={{ title, label: `Loading ${title}` }}
        failure={{ title: 'The answer cannot be shown' }}
      >
        {children}
      </LoadedScreen>
    </>
  );
}
