import { z } from 'zod';
import { AppError } from '../domain/app-error.ts';
import { explain } from '../services/answers/explain.ts';
import { storeExtent } from '../services/answers/extent.ts';
import { keyEvents } from '../services/answers/key-events.ts';
import { jsonReport, report } from '../services/answers/report.ts';
import type { ExplainInput } from '../services/answers/window-facts.ts';
import type { LogContext, ServiceContext } from '../services/context.ts';
import type { KeyEvents } from '../services/intake/key-count.ts';
import { readLog } from '../services/intake/read-log.ts';
import { openScratchStore } from '../services/open-store.ts';
import { readRetention } from '../services/retention.ts';
import type { ExplainView } from '../shared/dto.ts';
import { terminalJson, terminalLine } from '../shared/escape.ts';
import { parseMessages } from '../shared/messages-csv.ts';
import type { TimeWindow } from '../shared/time-window.ts';
import { wholeMinutes } from '../shared/window-param.ts';
import { openCommandStore } from './command-store.ts';
import { keyLines } from './import-text.ts';
import { keepHeapSmall } from './keep-heap-small.ts';
import { instantOption, parseOptions, WrongUse } from './options.ts';
import { contentOf, leftOutOf, sayFaults, serviceOf, takeGivenFiles } from './take-files.ts';

const explainOptions = z.object({
  audit: z.array(z.string()).optional(),
  telemetry: z.array(z.string()).optional(),
  messages: z.string().optional(),
  service: z.string().optional(),
  from: instantOption.optional(),
  to: instantOption.optional(),
  data: z.string(),
  markdown: z.boolean().optional(),
  json: z.boolean().optional(),
});
type ExplainOptions = z.infer<typeof explainOptions>;

/**
 * `keytide explain`: over a log in memory, over a log and telemetry joined in a temporary store, otherwise over the
 * store there is.
 */
export async function explainCommand(given: object): Promise<void> {
  const words = parseOptions(explainOptions, given);
  const { from, to } = words;
  if (from !== undefined && to !== undefined && from >= to)
    throw new WrongUse('--from must be before --to');
  if (words.json && words.markdown) throw new WrongUse('--json and --markdown exclude each other');
  // What cannot be understood is said before the log is read.
  const service = words.service === undefined ? null : await serviceOf(words.service);
  const messages = words.messages === undefined ? null : await messagesOf(words.messages);
  const { ctx, close } = await open(words);
  try {
    const window = await windowOf(ctx, { from, to });
    const input = { window, ...(messages && { messages }) };
    process.stdout.write(await print({ ...ctx, ...(service && { service }) }, input, words));
  } finally {
    await close();
  }
}

interface Opened {
  ctx: ServiceContext | LogContext;
  close(): Promise<void>;
}

async function open({ audit, telemetry, data }: ExplainOptions): Promise<Opened> {
  if (audit !== undefined && telemetry === undefined) {
    keepHeapSmall();
    const { ctx, report } = await readLog({ input: { paths: audit } });
    sayFaults(leftOutOf(report, audit));
    return { ctx, close: async () => undefined };
  }
  if (telemetry === undefined) return openCommandStore(data);
  const store = await openScratchStore();
  try {
    await takeGivenFiles(store.ctx, { audit, telemetry });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function print(
  ctx: ServiceContext | LogContext,
  input: ExplainInput,
  { json, markdown }: ExplainOptions,
): Promise<string> {
  if (markdown) return report({ ctx, input });
  const keys = await keyEvents({ ctx, input });
  return json
    ? `${terminalJson({ ...contract(await jsonReport({ ctx, input })), keys })}\n`
    : text(await explain({ ctx, input }), keys);
}

/** The keys that scripts rely on. */
function contract(whole: Awaited<ReturnType<typeof jsonReport>>) {
  const { window, spikes, strangers, coverage, sentences, logCauses, busiestHours } = whole;
  const { retention, sumsBefore, pattern, inferred, evidence, promise, advice, helps, costs } =
    whole;
  const ledger = { ...whole.ledger, lines: knownLines(whole) };
  return {
    ...{ window, ledger, spikes, strangers, coverage, sentences, logCauses, busiestHours },
    ...{ retention, sumsBefore, pattern, inferred, evidence, promise, advice, helps, costs },
  };
}

/** Of a log alone, telemetry's terms are unknown, so they are not told as zero. */
function knownLines({ ledger, logCauses }: Pick<ExplainView, 'ledger' | 'logCauses'>) {
  if (logCauses === null) return ledger.lines;
  return ledger.lines
    .filter(({ total }) => total > 0)
    .map((line) => ({ ...line, terms: line.terms.filter(({ value }) => value !== 0) }));
}

async function windowOf(
  ctx: ServiceContext | LogContext,
  given: { from: number | undefined; to: number | undefined },
): Promise<TimeWindow> {
  const extent = await storeExtent({ ctx });
  // What is kept row by row, unless that is nothing.
  const { keptFrom } = (await readRetention(ctx.db)) ?? { keptFrom: 0 };
  const first = extent !== null && keptFrom < extent.to ? keptFrom : 0;
  const window = {
    from: given.from ?? Math.max(first, extent?.from ?? 0),
    to: given.to ?? extent?.to ?? 0,
  };
  if (extent === null && (given.from === undefined || given.to === undefined)) {
    throw new AppError(
      'not-found',
      'There is nothing to explain: import audit records or send telemetry first.',
    );
  }
  if (window.from >= window.to)
    throw new AppError('bad-request', 'The window holds nothing: check --from and --to.');
  return wholeMinutes(window);
}

async function messagesOf(path: string) {
  const content = await contentOf(path);
  const { value, rejected } = parseMessages(content);
  if (value.length === 0)
    throw new AppError(
      'bad-request',
      `${path} holds no count of messages. Write a line for each hour: 2026-11-20T08:00Z,120000.`,
    );
  sayFaults(rejected.map(({ ref, reason }) => `${path} line ${ref}: ${reason}`));
  return value;
}

function text(view: ExplainView, keys: KeyEvents[]): string {
  const lines = knownLines(view).flatMap((line) => [
    `${line.label}: ${line.total}`,
    ...line.terms.map((term) => `  ${String(term.value).padStart(10)}  ${term.label}`),
    ...(line.residual === 0 ? [] : [`  ${String(line.residual).padStart(10)}  unaccounted for`]),
  ]);
  return [...view.sentences, '', ...lines, ...keyLines(keys), ''].map(terminalLine).join('\n');
}
