import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { PGlite } from '@electric-sql/pglite';
import { AppError } from '../../domain/app-error.ts';
import { systemClock } from '../../domain/clock.ts';
import { embeddedUrl } from './database-url.ts';
import { type LockHolder, socketAnswers, socketPath, takeLock } from './directory-lock.ts';
import { serveSession } from './session-server.ts';

/** A database of this process, or of another one that it is attached to. */
export interface Embedded {
  url: string;
  pid: number;
  /** False where another process owns the database; closing then does nothing. */
  owner: boolean;
  /** Ends the database; again does nothing. Close its clients first. */
  close(): Promise<void>;
}

// What fits in `sun_path`, ending NUL included: 104 bytes on macOS, 108 on Linux.
const socketPathBytesMax = 103;
const connectionsMax = 20;
const idleInTransactionMsMax = 30_000;
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The exit code of what Ctrl-C ends. */
const interrupted = 130;
const attachMsMax = 60_000;
const attachPollMs = 50;

/**
 * Opens the database in `dir`, making both where missing, and owns the directory until `close`.
 * Throws AppError `in-use` naming the process that owns it already.
 */
export async function openEmbedded({ dir }: { dir: string }): Promise<Embedded> {
  const opened = await tryOpen(resolve(dir));
  if ('url' in opened) return opened;
  throw inUse(dir, opened.holder);
}

/**
 * Opens the database in `dir`, or attaches to the process that owns it, waiting for one that is
 * still starting.
 */
export async function attachOrOpen({ dir }: { dir: string }): Promise<Embedded> {
  const path = resolve(dir);
  const deadline = systemClock.monotonic() + attachMsMax;
  for (;;) {
    const opened = await tryOpen(path);
    if ('url' in opened) return opened;
    const { pid, socketDir } = opened.holder;
    if (socketDir !== null && (await socketAnswers(socketDir))) {
      return { url: embeddedUrl(socketDir), pid, owner: false, close: async () => undefined };
    }
    if (systemClock.monotonic() > deadline) throw inUse(dir, opened.holder);
    await sleep(attachPollMs);
  }
}

/** A database in memory, gone with `close`. */
export async function openMemory(): Promise<Embedded> {
  const socketDir = privateSocketDir();
  try {
    return await serve({ socketDir, release: () => removeDir(socketDir) });
  } catch (error) {
    removeDir(socketDir);
    throw error;
  }
}

/**
 * A database in a folder of its own, gone with `close` or with the process: its size is the disk's
 * matter and not the memory's.
 */
export async function openScratch(): Promise<Embedded> {
  const dir = privateSocketDir();
  const drop = () => removeDir(dir);
  // Told to end, a process says so to those who clean up.
  const end = () => process.exit(interrupted);
  process.once('exit', drop);
  for (const signal of endSignals) process.once(signal, end);
  try {
    const release = () => {
      drop();
      process.off('exit', drop);
      for (const signal of endSignals) process.off(signal, end);
    };
    return await serve({ socketDir: dir, dataDir: join(dir, 'db'), release });
  } catch (error) {
    drop();
    throw error;
  }
}

async function tryOpen(dir: string): Promise<Embedded | { holder: LockHolder }> {
  prepareDir(dir);
  const fits = Buffer.byteLength(socketPath(dir)) <= socketPathBytesMax;
  const socketDir = fits ? dir : privateSocketDir();
  // Who is attached looks there for the room on the disk.
  if (!fits) symlinkSync(join(dir, 'db'), join(socketDir, 'db'));
  const dropSocketDir = () => {
    if (!fits) removeDir(socketDir);
  };
  const lock = await takeLock({ path: join(dir, 'lock'), what: 'keytide', socketDir });
  if (!('release' in lock)) {
    dropSocketDir();
    return lock;
  }
  const release = () => {
    dropSocketDir();
    lock.release();
  };
  try {
    return await serve({ socketDir, dataDir: join(dir, 'db'), release });
  } catch (error) {
    release();
    throw error;
  }
}

interface ServeOptions {
  socketDir: string;
  dataDir?: string;
  release: () => void;
}

async function serve({ socketDir, dataDir, release }: ServeOptions): Promise<Embedded> {
  const path = socketPath(socketDir);
  // Under the lock nobody listens on it: it was left by a crash, and would keep us from listening.
  rmSync(path, { force: true });
  const db = await openDatabase(dataDir);
  const server = await serveSession({ db, path, connectionsMax, idleInTransactionMsMax }).catch(
    async (error) => {
      await db.close();
      throw error;
    },
  );
  let closing: Promise<void> | undefined;
  const shut = async () => {
    await server.close();
    await db.close();
    rmSync(path, { force: true });
    release();
  };
  return {
    url: embeddedUrl(socketDir),
    pid: process.pid,
    owner: true,
    close: () => {
      closing ??= shut();
      return closing;
    },
  };
}

/**
 * Its log of writes is kept for a crash, which needs no more than lies after the last checkpoint. What a page reads is
 * in the memory of the system too: a larger share of its own made no answer quicker.
 */
const startParams = [
  ...PGlite.defaultStartParams,
  ...['-c', 'shared_buffers=32MB', '-c', 'max_wal_size=64MB', '-c', 'min_wal_size=32MB'],
];

const mebibyte = 1024 * 1024;
/** What a new database takes; and one that is there, for the log of its writes. */
const roomBytesMin = { unmade: 64 * mebibyte, made: 16 * mebibyte };

/** A damaged directory fails deep inside PGlite, which throws what is no error, or says nothing. */
async function openDatabase(dataDir: string | undefined): Promise<PGlite> {
  // Each thread that compiles keeps what it took, some 20 MB that hold nothing.
  setFlagsFromString('--wasm-num-compilation-tasks=1');
  if (dataDir === undefined) return PGlite.create({});
  // One whose making was cut short, by a crash or a full disk, was never opened and holds nothing.
  const unmade = `${dataDir}.unmade`;
  if (existsSync(unmade)) rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (readdirSync(dataDir).length === 0) writeFileSync(unmade, '');
  try {
    const db = await PGlite.create({ dataDir, startParams });
    rmSync(unmade, { force: true });
    return db;
  } catch (cause) {
    requireRoom(dataDir, existsSync(unmade) ? roomBytesMin.unmade : roomBytesMin.made);
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new AppError(
      'unavailable',
      `The database in ${dataDir} cannot be opened${code}: it is damaged, or of another version. Put a copy back; or ` +
        'move it away and start anew.',
      { cause },
    );
  }
}

/** @throws {Error} of the system, where the disk is full or may not be written to: PGlite does not say so. */
function requireRoom(dataDir: string, bytesMin: number): void {
  const probe = join(dataDir, 'keytide.probe');
  try {
    writeFileSync(probe, Buffer.alloc(mebibyte));
  } catch (error) {
    // What fails while it writes names no path.
    throw error instanceof Error ? Object.assign(error, { path: dataDir }) : error;
  } finally {
    rmSync(probe, { force: true });
  }
  const { bavail, bsize } = statfsSync(dataDir);
  if (bavail * bsize < bytesMin)
    throw Object.assign(new Error('no room'), { code: 'ENOSPC', path: dataDir });
}

/**
 * Makes `dir` and keeps others out of it, but leaves alone a directory that was not made for us.
 */
function prepareDir(dir: string): void {
  const made = mkdirSync(dir, { recursive: true, mode: 0o700 });
  const ours =
    made !== undefined ||
    existsSync(join(dir, 'db', 'PG_VERSION')) ||
    readdirSync(dir).length === 0;
  if (ours) chmodSync(dir, 0o700);
}

function privateSocketDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'keytide-'));
  if (Buffer.byteLength(socketPath(dir)) <= socketPathBytesMax) return dir;
  removeDir(dir);
  throw new AppError(
    'unsupported',
    `The path of ${tmpdir()} is too long for a socket; set TMPDIR to a shorter one.`,
  );
}

function removeDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}

function inUse(dir: string, { pid, started, what }: LockHolder): AppError {
  return new AppError(
    'in-use',
    `The data directory ${dir} is in use by ${what} (pid ${pid}, since ${started}). ` +
      'Stop it or choose another with --data DIR.',
  );
}
