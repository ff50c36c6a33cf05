import type { ChildProcess } from 'node:child_process';

/** Asks a child to end and waits until it has; one that does not within `msMax` is ended. */
export async function endOf(child: ChildProcess, ask: () => void, msMax: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  ask();
  const late = setTimeout(() => child.kill('SIGKILL'), msMax);
  await gone;
  clearTimeout(late);
}
