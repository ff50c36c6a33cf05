import { stat } from 'node:fs/promises';
import { AppError } from '../../domain/app-error.ts';
import type { LogReader } from '../log-reader.ts';
import { readAuditFiles } from './read-records.ts';
import { walk } from './walk.ts';

/** A folder that something else puts audit files into: those written since are read, whatever they hold. */
export function folderReader(folder: string): LogReader {
  return {
    kind: 'folder',
    name: 'The folder',
    silence: 'The folder’s files have no use of a key: check what is written into it.',
    async *read({ fromMs }) {
      const written: string[] = [];
      for await (const found of walk([folder])) {
        if (found.kind === 'unreadable' && found.path === folder)
          throw new AppError('not-found', `${folder} cannot be read: ${found.reason}.`);
        if (found.kind !== 'file') continue;
        // A file that is gone by now was moved by its writer.
        const { mtimeMs } = await stat(found.path).catch(() => ({ mtimeMs: 0 }));
        if (mtimeMs >= fromMs) written.push(found.path);
      }
      for await (const { items, ignored, rejected } of readAuditFiles(written))
        yield { records: items, ignored, rejected, behind: null };
    },
    inspect: async () => [],
    fixes: { 'not-found': { code: 'no-place', fix: `ls -ld '${folder}'` } },
    close: () => {},
  };
}
