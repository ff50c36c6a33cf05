'use client';

import type { useStartSandbox } from '../hooks/use-sandbox.ts';

/** Starts the sandbox; it cannot be asked for twice. */
export function StartSandbox({ start }: { start: ReturnType<typeof useStartSandbox> }) {
  const isStarting = start.isPending || start.isSuccess;
  return (
    <button type="button" className="button" disabled={isStarting} onClick={() => start.mutate()}>
      {isStarting ? 'Starting…' : 'Start the sandbox'}
    </button>
  );
}
