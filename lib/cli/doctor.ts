import { listConnections } from '../services/answers/connections.ts';
import type { ServiceContext } from '../services/context.ts';
import { rebuild } from '../services/intake/rebuild.ts';
import { terminalLine } from '../shared/escape.ts';
import { logKindWords, placeText } from '../shared/log-place.ts';
import { instantText, nounText } from '../shared/screen-text.ts';
import { openCommandStore } from './command-store.ts';
import { gapLines } from './gap-lines.ts';
import { percentOf, progress } from './progress.ts';

/**
 * `keytide doctor`: how each audit source fares and what it lacks, each with what mends it; exit 1 where anything does.
 * With --rebuild the sums that screens read are made anew from the rows. @throws {WrongUse} {AppError}
 */
export async function doctorCommand(words: { rebuild?: boolean; data: string }): Promise<void> {
  const store = await openCommandStore(words.data);
  try {
    await (words.rebuild === true ? makeAnew(store.ctx) : lookAtSources(store.ctx));
  } finally {
    await store.close();
  }
}

async function makeAnew(ctx: ServiceContext): Promise<void> {
  const counting = progress('counting anew');
  try {
    const days = await rebuild({ ctx, onShare: (share) => counting.show(percentOf(share)) });
    counting.end();
    process.stdout.write(`The sums of ${nounText(days, 'day')} were made anew from the rows.\n`);
  } finally {
    counting.end();
  }
}

async function lookAtSources(ctx: ServiceContext): Promise<void> {
  const view = await listConnections({ ctx, input: { tokenAt: '' } });
  const lines: string[] = [];
  if (view.sources.length === 0) lines.push('No audit log is connected.');
  for (const { id, place, state, message, coveredUntil, gaps } of view.sources) {
    const name = place === null ? id : `${logKindWords[place.kind].label}, ${placeText(place)}`;
    const until = coveredUntil === null ? '' : `, complete until ${instantText(coveredUntil)}`;
    lines.push(`${name}: ${state}${until}`);
    const isSaid = gaps.some(({ evidence }) => evidence === message);
    if (message !== null && !isSaid) lines.push(`  ${message}`);
    lines.push(...gaps.flatMap(gapLines).map((line) => `  ${line}`));
    if (gaps.length > 0 || state === 'failed' || state === 'behind') process.exitCode = 1;
  }
  lines.push(...view.gaps.flatMap(gapLines));
  if (view.gaps.length > 0) process.exitCode = 1;
  process.stdout.write(`${lines.map(terminalLine).join('\n')}\n`);
}
