'use client';

import dynamic from 'next/dynamic';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { TrafficFilter } from '../controls/traffic-filter.tsx';
import { WindowHead } from '../controls/window-head.tsx';
import { useExplain } from '../hooks/use-explain.ts';
import { useSandbox } from '../hooks/use-sandbox.ts';
import { useStore } from '../hooks/use-store.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import type { ExplainPanel } from '../hooks/view-keys.ts';
import { LoadedScreen } from '../states/loaded.tsx';
import './explain.css';

const StartScreen = dynamic(async () => (await import('../start/start-screen.tsx')).StartScreen);

interface Framed {
  title: string;
  panel?: ExplainPanel;
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

function Filled({ title, panel, children }: Framed) {
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
