import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { AppError } from '../domain/app-error.ts';
import { acceptMetrics, acceptTraces } from '../services/accept-otlp.ts';
import type { ServiceContext } from '../services/context.ts';
import { explain } from '../services/explain.ts';
import { storeExtent } from '../services/extent.ts';
import { type ImportReport, importFiles } from '../services/import-files.ts';
import { openScratchStore, openStore } from '../services/open-store.ts';
import type { ExplainView, TimeWindow } from '../shared/dto.ts';
import { parseMessages, sumMessages } from '../shared/messages-csv.ts';
import { cliEnv } from './cli-env.ts';
import { instantOption, WrongUse } from './options.ts';

interface ExplainWords {
  audit?: string[];
  telemetry?: string[];
  messages?: string;
  from?: string;
  to?: string;
  data: string;
  json?: boolean;
}

/** `keytide explain`: over files in a store of this run, else over the store there is. @throws {WrongUse} {AppError} */
export async function explainCommand(words: ExplainWords): Promise<void> {
  const from = words.from === undefined ? undefined : instantOption('from', words.from);
  const to = words.to === undefined ? undefined : instantOption('to', words.to);
  if (from !== undefined && to !== undefined && from >= to)
    throw new WrongUse('--from must be before --to');
  const files = words.audit !== undefined || words.telemetry !== undefined;
  const store = files
    ? await openScratchStore()
    : await openStore({ url: cliEnv().DATABASE_URL, dir: words.data });
  try {
    const taken = files ? await takeFiles(store.ctx, words) : [];
    const window = await windowOf(store.ctx, { from, to });
    const messages =
      words.messages === undefined
        ? undefined
        : sumMessages(await messagesOf(words.messages), window);
    const view = await explain({
      ctx: store.ctx,
      input: { window, ...(messages !== undefined && { messages }) },
    });
    for (const line of taken) process.stderr.write(`keytide: ${line}\n`);
    process.stdout.write(words.json ? `${JSON.stringify(contract(view))}\n` : text(view));
  } finally {
    await store.close();
  }
}

/** The keys that scripts rely on. */
function contract({ window, ledger, spikes, strangers, coverage, sentences }: ExplainView) {
  return { window, ledger, spikes, strangers, coverage, sentences };
}

async function windowOf(
  ctx: ServiceContext,
  given: { from: number | undefined; to: number | undefined },
): Promise<TimeWindow> {
  const extent = await storeExtent({ ctx });
  const window = { from: given.from ?? extent?.from ?? 0, to: given.to ?? extent?.to ?? 0 };
  if (extent === null && (given.from === undefined || given.to === undefined)) {
    throw new AppError(
      'not-found',
      'There is nothing to explain: import audit records or send telemetry first.',
    );
  }
  if (window.from >= window.to)
    throw new AppError('bad-request', 'The window holds nothing: check --from and --to.');
  return window;
}

/** Takes the files in; resolves to what could not be taken, a line each. */
async function takeFiles(ctx: ServiceContext, words: ExplainWords): Promise<string[]> {
  const lines: string[] = [];
  for (const path of words.telemetry ?? []) lines.push(...(await takeTelemetry(ctx, path)));
  if (words.audit === undefined) return lines;
  const report: ImportReport = await importFiles({ ctx, input: { paths: words.audit } });
  if (report.records === 0 && report.rejected.length > 0) {
    throw new AppError(
      'bad-request',
      `No audit record could be read: ${report.rejected[0]?.reason}`,
    );
  }
  return [
    ...lines,
    ...report.rejected.map(({ file, offset, reason }) => `${file} at ${offset}: ${reason}`),
  ];
}

async function takeTelemetry(ctx: ServiceContext, path: string): Promise<string[]> {
  const faults: string[] = [];
  let number = 0;
  const stream = createReadStream(path);
  stream.on('error', () => undefined);
  try {
    for await (const line of createInterface({
      input: stream,
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      number += 1;
      if (line.trim() === '') continue;
      const fault = await takeLine(ctx, line);
      if (fault !== null) faults.push(`${path} line ${number}: ${fault}`);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable';
    throw new AppError('not-found', `Cannot read ${path}: ${reason}`);
  }
  return faults;
}

async function takeLine(ctx: ServiceContext, line: string): Promise<string | null> {
  try {
    const input: unknown = JSON.parse(line);
    const metrics = typeof input === 'object' && input !== null && 'resourceMetrics' in input;
    const { partialSuccess } = await (metrics ? acceptMetrics : acceptTraces)({ ctx, input });
    return partialSuccess?.errorMessage ?? null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof AppError) return error.message;
    throw error;
  }
}

async function messagesOf(path: string) {
  const content = await readFile(path, 'utf8').catch(() => {
    throw new AppError('not-found', `Cannot read ${path}.`);
  });
  const { value, rejected } = parseMessages(content);
  for (const { ref, reason } of rejected)
    process.stderr.write(`keytide: ${path} line ${ref}: ${reason}\n`);
  return value;
}

function text(view: ExplainView): string {
  const lines = view.ledger.lines.flatMap((line) => [
    `${line.label}: ${line.total}`,
    ...line.terms.map((term) => `  ${String(term.value).padStart(10)}  ${term.label}`),
    ...(line.residual === 0 ? [] : [`  ${String(line.residual).padStart(10)}  unaccounted for`]),
  ]);
  return `${view.sentences.join('\n')}\n\n${lines.join('\n')}\n`;
}
