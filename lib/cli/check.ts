import { z } from 'zod';
import { checkLog, type LogCheck } from '../services/intake/check-log.ts';
import { checkPlaces, pause } from '../services/intake/check-places.ts';
import { openStore } from '../services/open-store.ts';
import { terminalJson, terminalLine } from '../shared/escape.ts';
import { cliEnv } from './cli-env.ts';
import { gapLines } from './gap-lines.ts';
import { choiceOption, parseOptions, spanOption } from './options.ts';

const checkOptions = z.object({
  cloud: choiceOption(['aws', 'gcp', 'azure']),
  data: z.string(),
  wait: spanOption,
  json: z.boolean().optional(),
});

const everyMs = 10_000;

/**
 * `keytide check`: one marked Encrypt, then its event in the log; exit 1 where none came.
 * @throws {WrongUse} {AppError}
 */
export async function checkCommand(cloudWord: string, key: string, words: object): Promise<void> {
  const given = parseOptions(checkOptions, { ...words, cloud: cloudWord });
  const { cloud, data, wait: waitMsMax, json } = given;
  const env = cliEnv();
  const places = checkPlaces(cloud, key, env.KEYTIDE_AZURE_WORKSPACE);
  const store = await openStore({ url: env.DATABASE_URL, dir: data });
  try {
    const input = { ...places, waitMsMax, everyMs, sleep: pause };
    const check = await checkLog({ ctx: store.ctx, input });
    process.stdout.write(json ? `${terminalJson(check)}\n` : checkText(check));
    if (check.knownBy === null) process.exitCode = 1;
  } finally {
    places.reader.close();
    await store.close();
  }
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
