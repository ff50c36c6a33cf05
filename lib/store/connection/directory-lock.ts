import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../domain/clock.ts';

// One process may own the embedded database's directory: two on it silently lose rows. The lock is
// a file that names its holder, so that one left by a crash can be told from one in force.

export interface LockHolder {
  pid: number;
  host: string;
  /**
   * The process's start as the kernel counts it, which tells a reused pid; null where the system
   * does not say.
   */
  startTicks: string | null;
  /** When the lock was taken, ISO 8601. */
  started: string;
  what: string;
  /** Where the holder's socket lies; null before and where it has none. */
  socketDir: string | null;
}

export interface Lock {
  holder: LockHolder;
  /** Gives the lock up; again does nothing. */
  release(): void;
}

export interface LockOptions {
  path: string;
  what: string;
  socketDir: string | null;
}

const socketName = '.s.PGSQL.5432';
const attemptsMax = 100;
// How long another machine's or container's holder, whose pid means nothing here, may take until
// its socket answers.
const foreignStartMsMax = 30_000;

export function socketPath(dir: string): string {
  return join(dir, socketName);
}

/** Takes the lock, clearing one whose holder is gone; else says who holds it. */
export async function takeLock(options: LockOptions): Promise<Lock | { holder: LockHolder }> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const lock = createLock(options);
    if (lock) return lock;
    const text = readIfThere(options.path);
    if (text === null) continue;
    const holder = parseHolder(text);
    if (holder && (await isAlive(holder, options.path))) return { holder };
    removeStale(options.path, text);
  }
  throw new Error(`The lock ${options.path} can be neither taken nor cleared`);
}

/** Whether something listens on the socket in `dir`. */
export function socketAnswers(dir: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath(dir));
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function createLock({ path, what, socketDir }: LockOptions): Lock | null {
  const holder: LockHolder = {
    pid: process.pid,
    host: hostname(),
    startTicks: procStatOf(process.pid).ticks,
    started: new Date(systemClock.now()).toISOString(),
    what,
    socketDir,
  };
  const text = `${JSON.stringify({ ...holder, id: randomUUID() })}\n`;
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, text, { flag: 'wx', mode: 0o600 });
  try {
    // A link is as exclusive as O_EXCL, and nobody ever reads a lock that is only half written.
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return null;
    throw error;
  } finally {
    rmSync(draft);
  }
  return {
    holder,
    release: () => {
      if (readIfThere(path) === text) rmSync(path, { force: true });
    },
  };
}

/** Removes the lock file if it still reads `text`: another process may have replaced it since. */
function removeStale(path: string, text: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== text) linkSync(aside, path);
  rmSync(aside);
}

async function isAlive(holder: LockHolder, path: string): Promise<boolean> {
  if (holder.host === hostname() && pidAlive(holder)) return true;
  if (holder.socketDir === null) return false;
  if (await socketAnswers(holder.socketDir)) return true;
  return holder.host !== hostname() && ageMsOf(path) < foreignStartMsMax;
}

function pidAlive({ pid, startTicks }: LockHolder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  const { state, ticks } = procStatOf(pid);
  // A zombie has ended; only its parent has not asked for its exit code yet.
  if (state === 'Z' || state === 'X') return false;
  return startTicks === null || ticks === null || ticks === startTicks;
}

/** Fields 3 and 22 of /proc/PID/stat; the second field is a name in parentheses that may hold anything. */
function procStatOf(pid: number): { state: string | null; ticks: string | null } {
  const stat = readIfThere(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return { state: fields[0] ?? null, ticks: fields[19] ?? null };
}

/** Any object has fields of unknown values. */
const asFields = (value: object) => value as Record<string, unknown>;

function parseHolder(text: string): LockHolder | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { pid, host, startTicks, started, what, socketDir } = asFields(value);
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return null;
  const textOr = <T>(field: unknown, otherwise: T) =>
    typeof field === 'string' ? field : otherwise;
  return {
    pid,
    host: textOr(host, ''),
    startTicks: textOr(startTicks, null),
    started: textOr(started, 'an unknown time'),
    what: textOr(what, 'keytide'),
    socketDir: textOr(socketDir, null),
  };
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}

function ageMsOf(path: string): number {
  const modifiedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return systemClock.now() - modifiedMs;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
