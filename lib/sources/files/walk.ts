import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What a walk meets: a file to read, something left out on purpose, or something that cannot be
 * read.
 */
export type Found =
  | { kind: 'file'; path: string; bytes: number }
  | { kind: 'ignored'; path: string; reason: 'dot-file' | 'digest-folder' | 'insight-folder' }
  | { kind: 'unreadable'; path: string; reason: string };

/**
 * The files under the given paths: the paths in the order given, each folder's entries in code-unit
 * order. Dot files and CloudTrail's digest and Insights folders are left out unless a path names
 * them. Links to folders met inside a folder are not followed, so the walk ends.
 */
export async function* walk(paths: readonly string[]): AsyncGenerator<Found> {
  for (const path of paths) {
    const found = await look(path);
    if (found === 'folder') yield* walkFolder(path);
    else yield found;
  }
}

async function* walkFolder(folder: string): AsyncGenerator<Found> {
  let entries: Awaited<ReturnType<typeof listFolder>>;
  try {
    entries = await listFolder(folder);
  } catch (cause) {
    yield { kind: 'unreadable', path: folder, reason: unreadable(cause) };
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) yield { kind: 'ignored', path, reason: 'dot-file' };
    else if (entry.isDirectory()) yield* walkNamed(entry.name, path);
    else {
      const found = await look(path);
      if (found !== 'folder') yield found;
      else yield { kind: 'unreadable', path, reason: 'a link to a folder: name the folder itself' };
    }
  }
}

async function* walkNamed(name: string, path: string): AsyncGenerator<Found> {
  if (name === 'CloudTrail-Digest') yield { kind: 'ignored', path, reason: 'digest-folder' };
  else if (name === 'CloudTrail-Insight') yield { kind: 'ignored', path, reason: 'insight-folder' };
  else yield* walkFolder(path);
}

async function listFolder(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A pipe or device is refused rather than opened: reading one may never end. */
async function look(path: string): Promise<Found | 'folder'> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return 'folder';
    if (stats.isFile()) return { kind: 'file', path, bytes: stats.size };
    return { kind: 'unreadable', path, reason: 'no regular file: save its content to one first' };
  } catch (cause) {
    return { kind: 'unreadable', path, reason: unreadable(cause) };
  }
}

/** The operating system's refusal, and what to do about it. */
export function unreadable(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  if (code === 'ENOENT') return 'does not exist: check the path';
  if (code === 'EACCES' || code === 'EPERM') {
    return `cannot be read (${code}): give this user permission to read it`;
  }
  return `cannot be read (${code}): check the disk and the path`;
}
