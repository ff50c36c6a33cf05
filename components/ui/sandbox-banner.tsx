'use client';

import { dataNow } from '../../lib/shared/countdown.ts';
import type { SandboxView } from '../../lib/shared/dto.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import { useSandbox, useSetSpeed } from '../hooks/use-sandbox.ts';
import { useWallClock } from '../hooks/use-wall-clock.ts';
import { PageLink } from './page-link.tsx';
import { Picker } from './picker.tsx';

const speeds = [0, 1, 10, 60, 300];
const speedText = (speed: number): string => (speed === 0 ? 'Paused' : `${speed}×`);

/** Says that the cloud is simulated, how fast its clock runs and what it shows. */
export function SandboxBanner() {
  const { data, dataUpdatedAt } = useSandbox();
  if (!data?.running) return null;
  if (data.laying)
    return (
      <aside className="sandbox-banner" aria-label="Sandbox">
        <p>
          <strong>Sandbox:</strong> a simulated cloud whose two days of history are still being
          laid; the numbers grow until it is whole.
        </p>
      </aside>
    );
  return <RunningBanner sandbox={data} readAt={dataUpdatedAt} />;
}

function RunningBanner({ sandbox, readAt }: { sandbox: SandboxView; readAt: number }) {
  const wallNow = useWallClock();
  const setSpeed = useSetSpeed();
  const { speed } = sandbox;
  const now = dataNow({ ...sandbox, readAt }, wallNow);
  const options = [...new Set([...speeds, speed])].sort((a, b) => a - b);
  return (
    <aside className="sandbox-banner" aria-label="Sandbox">
      <p>
        <strong>Sandbox:</strong> a simulated cloud,{' '}
        <span className="num">{speed === 0 ? 'paused, ' : `running at ${speedText(speed)}, `}</span>
        now {/* The clock has gone on since the server wrote it. */}
        <time
          className="num nowrap"
          dateTime={new Date(now).toISOString()}
          suppressHydrationWarning
        >
          {instantText(now)}
        </time>
      </p>
      <PageLink id="tour-start" className="tour-start" href="/?tour=1">
        Take the tour
      </PageLink>
      <Picker
        label="Speed"
        value={String(speed)}
        isDisabled={setSpeed.isPending}
        options={options.map((option) => ({ value: String(option), label: speedText(option) }))}
        onChange={(value) => setSpeed.mutate(Number(value))}
      />
      {setSpeed.error && <p role="alert">{setSpeed.error.message}</p>}
    </aside>
  );
}
