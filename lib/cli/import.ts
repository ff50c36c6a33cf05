import { importFiles, isUseless } from '../services/intake/import-files.ts';
import { openStore } from '../services/open-store.ts';
import { terminalJson, terminalLine } from '../shared/escape.ts';
import { cliEnv } from './cli-env.ts';
import { importText } from './import-text.ts';
import { choiceOption } from './options.ts';

/** `keytide import`. Exit 0 also with rejects, 1 if nothing was usable. @throws {WrongUse} {AppError} */
export async function importCommand(
  paths: string[],
  words: { provider?: string; data: string; json?: boolean },
): Promise<void> {
  const provider =
    words.provider === undefined
      ? undefined
      : choiceOption('provider', words.provider, ['aws', 'gcp', 'azure']);
  const store = await openStore({ url: cliEnv().DATABASE_URL, dir: words.data });
  try {
    const onFile = (file: string) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2Kreading ${terminalLine(file)}`);
    };
    const report = await importFiles({
      ctx: store.ctx,
      input: { paths, onFile, ...(provider && { provider }) },
    });
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
    process.stdout.write(words.json ? `${terminalJson(report)}\n` : importText(report));
    if (isUseless(report)) process.exitCode = 1;
  } finally {
    await store.close();
  }
}
