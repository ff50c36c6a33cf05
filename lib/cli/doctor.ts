import { rebuild } from '../services/intake/rebuild.ts';
import { openStore } from '../services/open-store.ts';
import { nounText } from '../shared/screen-text.ts';
import { cliEnv } from './cli-env.ts';
import { WrongUse } from './options.ts';
import { percentOf, progress } from './progress.ts';

/** `keytide doctor --rebuild`: makes the sums that screens read anew from the rows. @throws {WrongUse} {AppError} */
export async function doctorCommand(words: { rebuild?: boolean; data: string }): Promise<void> {
  if (words.rebuild !== true)
    throw new WrongUse('doctor: say --rebuild; its checks are not in this release yet');
  const store = await openStore({ url: cliEnv().DATABASE_URL, dir: words.data });
  const counting = progress('counting anew');
  try {
    const days = await rebuild({
      ctx: store.ctx,
      onShare: (share) => counting.show(percentOf(share)),
    });
    counting.end();
    process.stdout.write(`The sums of ${nounText(days, 'day')} were made anew from the rows.\n`);
  } finally {
    counting.end();
    await store.close();
  }
}
