/** A machine so slow that a start takes minutes: everything that `up` starts is stopped four fifths of the time. */
import { expect, it, onTestFinished } from 'vitest';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { sized } from '../support/sized.ts';
import { removeDir, scratchDir, startUp } from '../support/up.ts';

const cycleMs = 250;
const share = 0.2;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** In full the sandbox lays its two days too. */
const args = sized({ ci: ['--no-sandbox'], long: [] });

/** Lets a process group run for a fifth of the time, until the returned function is called. */
function slowed(group: number): () => void {
  const tell = (signal: NodeJS.Signals) => {
    try {
      process.kill(-group, signal);
    } catch {
      // It has ended.
    }
  };
  let going: NodeJS.Timeout | undefined;
  const cycle = setInterval(() => {
    tell('SIGCONT');
    going = setTimeout(() => tell('SIGSTOP'), cycleMs * share);
  }, cycleMs);
  return () => {
    clearInterval(cycle);
    clearTimeout(going);
    tell('SIGCONT');
  };
}

it('a start on a fifth of a core ends within 15 minutes, says how far it is, and lacks nothing', async () => {
  const dir = await scratchDir();
  onTestFinished(() => removeDir(dir));
  const from = performance.now();
  let atFullSpeed = () => {};
  const up = await startUp({
    dir,
    args,
    readyMsMax: 15 * minuteMs,
    onSpawn: (group) => {
      atFullSpeed = slowed(group);
    },
  }).finally(() => atFullSpeed());
  const tookMs = performance.now() - from;
  process.stderr.write(`ready after ${Math.round(tookMs / 1000)} s\n${up.stderr()}`);
  expect(up.stderr()).toMatch(/s so far|history: \d+ %/);
  // Senders that pile up say so every second.
  expect(up.stderr().match(/telemetry: /g) ?? []).toHaveLength(0);
  if (args.length === 0) {
    const to = Date.now() - hourMs;
    const answer = await fetch(`${up.url}/api/explain?from=${to - 46 * hourMs}&to=${to}`);
    const view: ExplainView = await answer.json();
    expect(view.ledger.residual).toBe(0);
    expect(view.coveredUntil).toBeGreaterThan(to);
  }
  expect(await up.stop()).toBe(0);
});
