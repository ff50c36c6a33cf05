import { z } from 'zod';
import { drill, drillReport } from '../services/answers/drill.ts';
import { openScratchStore } from '../services/open-store.ts';
import type { Drill, DrillView } from '../shared/drill-view.ts';
import {
  darkText,
  promiseText,
  refusalsAbsentText,
  revokedText,
  stateText,
  verdictText,
} from '../shared/drill-words.ts';
import { terminalJson, terminalLine } from '../shared/escape.ts';
import { instantText } from '../shared/screen-text.ts';
import { openCommandStore } from './command-store.ts';
import { parseOptions, WrongUse } from './options.ts';
import { serviceOf, takeGivenFiles } from './take-files.ts';

const drillOptions = z.object({
  key: z.string().min(1, 'is empty'),
  audit: z.array(z.string()).optional(),
  telemetry: z.array(z.string()).optional(),
  service: z.string().optional(),
  data: z.string(),
  markdown: z.boolean().optional(),
  json: z.boolean().optional(),
});

/**
 * `keytide drill`: over files in a temporary store, otherwise over the store there is.
 * @throws {WrongUse} {AppError}
 */
export async function drillCommand(given: object): Promise<void> {
  const words = parseOptions(drillOptions, given);
  if (words.json && words.markdown) throw new WrongUse('--json and --markdown exclude each other');
  const service = words.service === undefined ? null : await serviceOf(words.service);
  const files = words.audit !== undefined || words.telemetry !== undefined;
  const store = files ? await openScratchStore() : await openCommandStore(words.data);
  try {
    if (files) await takeGivenFiles(store.ctx, words);
    const ctx = { ...store.ctx, ...(service && { service }) };
    process.stdout.write(await print({ ctx, input: { key: words.key } }, words));
  } finally {
    await store.close();
  }
}

async function print(
  asked: Parameters<typeof drill>[0],
  { json, markdown }: z.infer<typeof drillOptions>,
): Promise<string> {
  if (markdown) return drillReport(asked);
  const view = await drill(asked);
  return json ? `${terminalJson(view)}\n` : drillText(view);
}

function drillText(view: DrillView): string {
  const state = stateText(view);
  return [
    view.key,
    promiseText(view),
    ...(state === null ? [] : [state]),
    ...(view.refusalsAbsent ? [refusalsAbsentText] : []),
    ...view.drills.flatMap((one) => ['', ...drillLines(one)]),
    '',
  ]
    .map(terminalLine)
    .join('\n');
}

const drillLines = (one: Drill): string[] => [
  verdictText(one),
  revokedText(one),
  darkText(one),
  ...one.callers.map(
    ({ name, lastSuccessAt, firstDeniedAt, darkBy, told }) =>
      `  ${name}: last success ${time(lastSuccessAt)}, first denied ${time(firstDeniedAt)}, dark by ${time(darkBy)}${told || darkBy === null ? '' : ' if the promise is kept'}`,
  ),
];

const time = (at: number | null): string => (at === null ? 'not seen' : instantText(at, 'second'));
