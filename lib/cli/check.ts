import { z } from 'zod';
import { systemClock } from '../domain/clock.ts';
import type { ServiceContext } from '../services/context.ts';
import { checkLog, type LogCheck } from '../services/intake/check-log.ts';
import { checkPlaces, pause } from '../services/intake/check-places.ts';
import { terminalJson, terminalLine } from '../shared/escape.ts';
import { cliEnv } from './cli-env.ts';
import { openCommandStore } from './command-store.ts';
import { gapLines } from './gap-lines.ts';
import { choiceOption, parseOptions, spanOption } from './options.ts';

const checkOptions = z.object({
  cloud: choiceOption(['aws', 'gcp', 'azure']),
  data: z.string(),
  wait: spanOption,
  json: z.boolean().optional(),
});

/** The sandbox's minutes are seconds. */
const everyMs = { real: 10_000, sandbox: 1_000 };

/**
 * `keytide check`: one marked Encrypt, then its event in the log; exit 1 where none came.
 * @throws {WrongUse} {AppError}
 */
export async function checkCommand(cloudWord: string, key: string, words: object): Promise<void> {
  const given = parseOptions(checkOptions, { ...words, cloud: cloudWord });
  const { cloud, data, wait: waitMsMax, json } = given;
  const azureWorkspace = cliEnv().KEYTIDE_AZURE_WORKSPACE;
  const store = await openCommandStore(data);
  try {
    const sandbox = (await store.sandbox?.access()) ?? null;
    const places = checkPlaces(cloud, key, { azureWorkspace, sandbox });
    const check = await checkAt(store.ctx, places, waitMsMax).finally(places.reader.close);
    process.stdout.write(json ? `${terminalJson(check)}\n` : checkText(check));
    if (check.knownBy === null) process.exitCode = 1;
  } finally {
    await store.close();
  }
}

/** A real log has its own time, also where a sandbox runs beside it. */
function checkAt(
  ctx: ServiceContext,
  { isSandbox, ...places }: ReturnType<typeof checkPlaces>,
  waitMsMax: number,
): Promise<LogCheck> {
  const now = isSandbox ? ctx.now : async () => systemClock.now();
  const pace = { waitMsMax, everyMs: everyMs[isSandbox ? 'sandbox' : 'real'], sleep: pause };
  return checkLog({ ctx: { ...ctx, now }, input: { ...places, ...pace } });
}

const known = {
  'request-id': 'by its request id',
  claim: 'by its claim',
  time: 'by its time alone',
} as const;

function checkText(check: LogCheck): string {
  const { knownBy, claimIn, afterMs, principal, sourceIp, missing, gaps } = check;
  const found =
    knownBy === null
      ? 'The Encrypt did not come into the log in time.'
      : `The Encrypt is in the log after ${Math.round((afterMs ?? 0) / 1000)} s, known ${known[knownBy]}: made by ${principal} from ${sourceIp ?? 'an address that is not told'}.`;
  const claim = claimIn === null ? [] : [`The claim survives in the ${claimIn.replace('-', ' ')}.`];
  return [found, ...claim, ...missing, ...gaps.flatMap(gapLines), ''].map(terminalLine).join('\n');
}
