import type { CallsInput } from '../../services/answers/calls.ts';
import type { CallRow, CallsView } from '../../shared/dto.ts';
import { type ExportColumn, type ExportTable, isoCell } from './table.ts';

/** Rows at most; a spreadsheet's own limit is about ten times as high. */
const rowsMax = 100_000;

type Ask = (input: CallsInput) => Promise<CallsView>;

const columns: ExportColumn<CallRow>[] = [
  { name: 'at', of: ({ attempt, event }) => isoCell(attempt?.at ?? event?.at) },
  { name: 'process', of: ({ attempt }) => attempt?.process },
  { name: 'boot', of: ({ attempt }) => attempt?.boot },
  { name: 'seq', of: ({ attempt }) => attempt?.seq },
  { name: 'attempt', of: ({ attempt }) => attempt?.attempt },
  { name: 'workspace', of: ({ attempt }) => attempt?.workspace },
  { name: 'key', of: ({ attempt, event }) => attempt?.key ?? event?.key },
  { name: 'operation', of: ({ attempt, event }) => attempt?.operation ?? event?.operation },
  { name: 'cause', of: ({ attempt }) => attempt?.cause },
  { name: 'outcome', of: ({ attempt }) => attempt?.outcome },
  { name: 'errorCode', of: ({ attempt, event }) => attempt?.errorCode ?? event?.errorCode },
  { name: 'durationMs', of: ({ attempt }) => attempt?.durationMs },
  { name: 'requestId', of: ({ attempt, event }) => attempt?.requestId ?? event?.requestId },
  { name: 'state', of: ({ attempt, event }) => attempt?.state ?? event?.state },
  { name: 'joinMethod', of: ({ attempt }) => attempt?.joinMethod },
  { name: 'eventId', of: ({ event }) => event?.eventId },
  { name: 'eventAt', of: ({ event }) => isoCell(event?.at) },
  { name: 'principal', of: ({ event }) => event?.principal },
  { name: 'principalName', of: ({ event }) => event?.principalName },
  { name: 'session', of: ({ event }) => event?.session },
  { name: 'sourceIp', of: ({ event }) => event?.sourceIp },
];

/** Attempts beside their events, or events without one, newest first, page by page as they are asked for. */
export const callsTable = (ask: Ask, input: CallsInput, most = rowsMax): ExportTable<CallRow> => ({
  columns,
  rows: pages(ask, input, most),
});

async function* pages(ask: Ask, input: CallsInput, most: number) {
  let { cursor } = input;
  let given = 0;
  for (;;) {
    const page = await ask({ ...input, cursor, rowsMax: 1_000 });
    for (const row of page.rows) {
      if (given === most)
        return `Cut off after ${most} rows: choose a shorter window or more filters.`;
      given += 1;
      yield row;
    }
    cursor = page.nextCursor;
    if (cursor === null) return null;
  }
}
