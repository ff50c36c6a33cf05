import { z } from 'zod';
import { importFiles, isUseless } from '../services/intake/import-files.ts';
import { terminalJson } from '../shared/escape.ts';
import { openCommandStore } from './command-store.ts';
import { importText } from './import-text.ts';
import { keepHeapSmall } from './keep-heap-small.ts';
import { choiceOption, parseOptions } from './options.ts';
import { progress } from './progress.ts';

const importOptions = z.object({
  provider: choiceOption(['aws', 'gcp', 'azure']).optional(),
  data: z.string(),
  json: z.boolean().optional(),
});

/** `keytide import`. Exit 0 also with rejects, 1 if nothing was usable. @throws {WrongUse} {AppError} */
export async function importCommand(paths: string[], words: object): Promise<void> {
  const { provider, data, json } = parseOptions(importOptions, words);
  keepHeapSmall();
  const store = await openCommandStore(data);
  try {
    const reading = progress('reading');
    const input = { paths, onFile: reading.show, ...(provider && { provider }) };
    const report = await importFiles({ ctx: store.ctx, input }).finally(reading.end);
    process.stdout.write(json ? `${terminalJson(report)}\n` : importText(report));
    if (isUseless(report)) process.exitCode = 1;
  } finally {
    await store.close();
  }
}
