import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../domain/app-error.ts';

const mebibyte = 1024 * 1024;
/**
 * A PostgreSQL that cannot write its log stops, and the embedded one never comes back: nothing is written any more
 * while there is still room for what is under way.
 */
const reserveBytes = 64 * mebibyte;

const dirs = new WeakMap<object, string>();

/** Has writes to `db` look for room beside its socket: there the embedded database or a link to it lies. */
export function watchRoom(db: object, socketDir: string): void {
  const dir = join(socketDir, 'db');
  if (existsSync(dir)) dirs.set(db, dir);
}

/** What is left on the disk of a database, in MiB, where that is too little to write; else null. */
export function roomLacking(dir: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize < reserveBytes ? Math.floor((bavail * bsize) / mebibyte) : null;
  } catch {
    // Not to be had on every file system; the write itself then says what is wrong.
    return null;
  }
}

/** @throws {AppError} `unavailable` where the disk of an embedded database is as good as full. */
export function requireRoom(db: object): void {
  const dir = dirs.get(db);
  const left = dir === undefined ? null : roomLacking(dir);
  if (left !== null)
    throw new AppError(
      'unavailable',
      `The disk of the database is full (${left} MiB left, ${reserveBytes / mebibyte} are needed): make room and send ` +
        'it again. What was acknowledged is kept.',
    );
}
