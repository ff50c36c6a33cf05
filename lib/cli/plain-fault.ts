import { AppError } from '../domain/app-error.ts';

/** What the system says of a file or a disk, and what to do; by its code. */
const systemFaults: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full: make room and start again'],
  ['EDQUOT', 'the disk quota is used up: make room and start again'],
  ['EROFS', 'it lies on a file system that is read-only: choose another with --data DIR'],
  ['EACCES', 'this user may not use it: change its rights, or choose another with --data DIR'],
  ['EPERM', 'this user may not use it: change its rights, or choose another with --data DIR'],
  ['ENOENT', 'it is not there and cannot be made: choose another with --data DIR'],
  ['ENOTDIR', 'a part of its path is a file: choose another with --data DIR'],
  ['EEXIST', 'a file lies where a directory is to be: choose another with --data DIR'],
  ['EISDIR', 'it is a directory: name a file'],
  ['EMFILE', 'too many files are open: raise the limit (ulimit -n)'],
  ['ENOMEM', 'there is not enough memory'],
]);

/** A fault in one plain line, whatever was thrown. */
export function plainFault(error: unknown): string {
  if (error instanceof AppError) return error.message;
  const code = textOf(error, 'code');
  const known = code === null ? undefined : systemFaults.get(code);
  if (known !== undefined) return `Cannot use ${textOf(error, 'path') ?? 'the disk'}: ${known}.`;
  if (error instanceof Error) return `failed: ${error.stack ?? error.message}`;
  return `failed: ${textOf(error, 'message') ?? (typeof error === 'string' ? error : JSON.stringify(error))}`;
}

function textOf(value: unknown, name: string): string | null {
  const text = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof text === 'string' && text !== '' ? text : null;
}
