/** CPU-seconds of processes, as Linux counts them. */
import { readdirSync, readFileSync } from 'node:fs';
import { CannotRun } from './bench-row.ts';

/** Ticks of a clock that Linux shows to programs. */
const ticksPerSecond = 100;

interface ProcessTimes {
  parent: number;
  own: number;
  /** Of children that have ended. */
  children: number;
}

function timesOf(pid: number | 'self'): ProcessTimes | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The process name before it may hold any character.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const sum = (from: number) => ((fields[from] ?? 0) + (fields[from + 1] ?? 0)) / ticksPerSecond;
    return { parent, own: sum(11), children: sum(13) };
  } catch {
    return null;
  }
}

/** Of this process's children that have ended. */
export function childSeconds(): number {
  const times = timesOf('self');
  if (times === null) throw new CannotRun('CPU times are read from /proc, which is not here');
  return times.children;
}

/** Of a server and all its processes, those that have ended too; `backend` is any one of them. */
export function serverSeconds(backend: number): number {
  const server = timesOf(backend)?.parent ?? 0;
  const main = timesOf(server);
  if (main === null) return 0;
  const others = readdirSync('/proc').flatMap((name) => {
    const times = /^\d+$/.test(name) ? timesOf(Number(name)) : null;
    return times !== null && times.parent === server ? [times.own] : [];
  });
  return others.reduce((sum, own) => sum + own, main.own + main.children);
}
