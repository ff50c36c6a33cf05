import { AppError } from '../../domain/app-error.ts';
import { listKeys } from '../../services/answers/keys.ts';
import { serverContext } from '../../services/server-context.ts';
import { type Exported, exportable } from '../../shared/exports.ts';
import { inWork } from '../in-work.ts';
import { parseCallsQuery } from '../parse-calls-query.ts';
import { parseFilter } from '../parse-filter.ts';
import { parseWindow } from '../parse-window.ts';
import { revocationView } from '../views.ts';
import { callsTable } from './calls-table.ts';
import type { ExportTable } from './table.ts';
import {
  causesTable,
  keysTable,
  leasesTable,
  ledgerTable,
  patternTable,
  reportTable,
  spikesTable,
  strangersTable,
} from './tables.ts';
import { type ExportFormat, tableText } from './write-table.ts';

/** A file of many rows takes its time, and the screens ask the same database. */
const boundedExport = inWork(4);

const types: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
};

/**
 * What a page shows, as a file of CSV or JSON, sent as it is read. @throws {AppError} `bad-request` naming the
 * parameter, `unavailable` where too many are on their way.
 */
export async function exportResponse(query: URLSearchParams): Promise<Response> {
  const of = exportable.find((name) => name === query.get('of'));
  if (of === undefined)
    throw new AppError('bad-request', `of= is one of ${exportable.join(', ')}.`);
  const format = parseExportFormat(query);
  const table = await tableOf(of, query);
  const stream = await bounded(tableText(table, format));
  return new Response(stream, {
    headers: {
      'content-type': types[format],
      'content-disposition': `attachment; filename="keytide-${of}.${format}"`,
      'cache-control': 'no-store',
    },
  });
}

function parseExportFormat(query: URLSearchParams): ExportFormat {
  const format = query.get('format') ?? 'csv';
  if (format !== 'csv' && format !== 'json')
    throw new AppError('bad-request', `format=${format} is not known; use csv or json.`);
  return format;
}

async function tableOf(of: Exported, query: URLSearchParams): Promise<ExportTable> {
  const ctx = await serverContext();
  const now = await ctx.settled();
  const input = { window: parseWindow(query, now), filter: parseFilter(query) };
  const ask = tables[of];
  return ask({ ctx, query, now, input });
}

interface Asked {
  ctx: Awaited<ReturnType<typeof serverContext>>;
  query: URLSearchParams;
  now: number;
  input: { window: ReturnType<typeof parseWindow>; filter: ReturnType<typeof parseFilter> };
}

// A table's columns are of its own rows: whoever writes it hands each row to them and to nothing else.
const plain = <Row>(table: ExportTable<Row>): ExportTable => table as unknown as ExportTable;

const tables: Record<Exported, (asked: Asked) => Promise<ExportTable>> = {
  calls: async ({ ctx, query, now }) =>
    plain(callsTable((asked) => ctx.ask('listCalls', asked), parseCallsQuery(query, now))),
  causes: async ({ ctx, input }) =>
    plain(causesTable(await ctx.ask('explain', { ...input, panel: 'overview' }))),
  keys: async ({ ctx }) => plain(keysTable(await listKeys({ ctx }))),
  leases: async ({ input }) => plain(leasesTable(await revocationView(), input.filter.key)),
  strangers: async ({ ctx, input }) => plain(strangersTable(await ctx.ask('explain', input))),
  ledger: async ({ ctx, input }) => plain(ledgerTable(await ctx.ask('explain', input))),
  report: async ({ ctx, input }) => plain(reportTable(await ctx.ask('explain', input))),
  spikes: async ({ ctx, input }) => plain(spikesTable(await ctx.ask('listSpikes', input))),
  pattern: async ({ ctx, input }) => plain(patternTable(await ctx.ask('pattern', input))),
};

/** Holds one of the places until the text has ended or nobody reads it any more. */
async function bounded(text: AsyncGenerator<string>): Promise<ReadableStream> {
  const ended = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const place = boundedExport(() => {
    begun.resolve();
    return ended.promise;
  });
  await Promise.race([begun.promise, place]);
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(stream) {
      const { done, value } = await text.next();
      if (!done) return stream.enqueue(encoder.encode(value));
      ended.resolve();
      stream.close();
    },
    async cancel() {
      ended.resolve();
      await text.return(undefined);
    },
  });
}
