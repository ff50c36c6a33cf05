import { describe, expect, test } from 'vitest';
import { AppError } from '../../lib/domain/app-error.ts';
import { callsTable } from '../../lib/http/export/calls-table.ts';
import { type ExportTable, isoCell } from '../../lib/http/export/table.ts';
import { causesTable, leasesTable, spikesTable } from '../../lib/http/export/tables.ts';
import { tableText } from '../../lib/http/export/write-table.ts';
import type { CallsInput } from '../../lib/services/answers/calls.ts';
import type { CallRow, CallsView } from '../../lib/shared/dto.ts';
import { csvCell } from '../../lib/shared/escape.ts';

describe('a cell of CSV', () => {
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://evil")'])(
    '%j is no formula to a spreadsheet',
    (text) => {
      expect(csvCell(text).replaceAll('"', '')).toMatch(/^'/);
    },
  );

  test.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "so"', '"say ""so"""'],
    ['two\nlines', '"two\nlines"'],
    [' room ', '" room "'],
    [-4, '-4'],
    [true, 'true'],
    [null, ''],
  ])('%j is %j', (cell, text) => {
    expect(csvCell(cell)).toBe(text);
  });
});

const at = Date.UTC(2026, 10, 24, 14);
const row = (no: number): CallRow => ({
  attempt: null,
  event: {
    eventId: `event-${no}`,
    at: at - no,
    operation: 'Decrypt',
    key: 'key-1',
    principal: '=cmd()',
    principalName: 'nightly',
    session: null,
    requestId: null,
    errorCode: null,
    sourceIp: null,
    state: 'stranger',
  },
});
const input: CallsInput = {
  window: { from: 0, to: at },
  show: 'events',
  filters: {},
  cursor: null,
};

/** Pages of 1,000 out of so many rows; the page after `failAfter` rows fails. */
function asker(count: number, failAfter = Number.POSITIVE_INFINITY) {
  const asked: CallsInput[] = [];
  const ask = async (question: CallsInput): Promise<CallsView> => {
    asked.push(question);
    const begin = Number(question.cursor ?? 0);
    if (begin >= failAfter) throw new AppError('unavailable', 'The database is away.');
    const end = Math.min(count, begin + (question.rowsMax ?? 50));
    const rows = Array.from({ length: end - begin }, (_, index) => row(begin + index));
    const nextCursor = end < count ? String(end) : null;
    return { window: input.window, rows, total: count, totalMax: 9, nextCursor, sumsBefore: null };
  };
  return { ask, asked };
}

async function text(table: ExportTable<CallRow>, format: 'csv' | 'json'): Promise<string> {
  let all = '';
  // Its columns are of its own rows.
  for await (const piece of tableText(table as unknown as ExportTable, format)) all += piece;
  return all;
}

test('an export of bars has a column for each cause, and names it as the data do', async () => {
  const bucket = (start: number, causes: Record<string, number>) => ({
    ...{ start, causes, messages: 3, incomplete: false },
  });
  const buckets = [bucket(at, { validate: 2 }), bucket(at + 60_000, { 'load.first': 1 })];
  const view = { buckets, bucketMs: 60_000 } as unknown as Parameters<typeof causesTable>[0];
  let all = '';
  for await (const piece of tableText(causesTable(view) as unknown as ExportTable, 'csv'))
    all += piece;
  expect(all.replace('\ufeff', '').trim().split(/\r?\n/)).toEqual([
    'from,to,incomplete,messages,load.first,validate',
    '2026-11-24T14:00:00.000Z,2026-11-24T14:01:00.000Z,false,3,0,2',
    '2026-11-24T14:01:00.000Z,2026-11-24T14:02:00.000Z,false,3,1,0',
  ]);
});

test('an export of leases has a row for each process, of every key or of one', async () => {
  const lease = {
    ...{ boot: 'b', lastLeaseEndsAt: at, liveDeks: 4, deniedAt: null, lastSuccessAt: at },
    ...{ lastWordAt: at, state: 'serving' as const },
  };
  const held = (key: string) => ({
    ...{ key, enabled: true, disabledAt: null, darkBy: at },
    processes: [
      { ...lease, process: 'engine-1' },
      { ...lease, process: 'engine-2' },
    ],
  });
  const view = { now: at, speed: 1, keys: [held('k1'), held('k2')] };
  const lines = async (only?: string) => {
    let all = '';
    for await (const piece of tableText(leasesTable(view, only) as unknown as ExportTable, 'csv'))
      all += piece;
    return all.trim().split(/\r?\n/);
  };
  expect(await lines()).toHaveLength(5);
  expect((await lines('k2')).slice(1)).toEqual(
    ['engine-1', 'engine-2'].map(
      (process) =>
        `k2,${process},b,serving,4,2026-11-24T14:00:00.000Z,,2026-11-24T14:00:00.000Z,2026-11-24T14:00:00.000Z`,
    ),
  );
});

describe('an export of calls', () => {
  test('has every row once, page after page, in CSV and in JSON', async () => {
    const csv = (await text(callsTable(asker(2_345).ask, input), 'csv')).split('\r\n');
    expect(csv).toHaveLength(2_347);
    expect(csv[0]).toMatch(/^at,process,/);
    expect(csv[2_345]).toContain('event-2344');
    expect(csv[1]).toContain(`,"'=cmd()",`);
    const json = JSON.parse(await text(callsTable(asker(2_345).ask, input), 'json'));
    expect(json).toEqual({ rows: Array.from({ length: 2_345 }, (_, no) => row(no)), cutOff: null });
  });

  test('that is cut off says so in its last line, and asks for no more pages than it needs', async () => {
    const { ask, asked } = asker(1_000_000);
    const csv = await text(callsTable(ask, input, 2_500), 'csv');
    expect(csv.trim().split('\r\n').at(-1)).toBe(
      '# Cut off after 2500 rows: choose a shorter window or more filters.',
    );
    expect(csv.split('\r\n')).toHaveLength(2_503);
    expect(asked).toHaveLength(3);
    const json = JSON.parse(await text(callsTable(asker(9_999).ask, input, 2_500), 'json'));
    expect(json.rows).toHaveLength(2_500);
    expect(json.cutOff).toMatch(/^Cut off after 2500 rows/);
  });

  test('of exactly as many rows as fit is whole', async () => {
    const json = JSON.parse(await text(callsTable(asker(2_000).ask, input, 2_000), 'json'));
    expect(json).toMatchObject({ cutOff: null, rows: { length: 2_000 } });
  });

  test('that fails on its way says so instead of looking whole', async () => {
    const { ask } = asker(5_000, 2_000);
    const csv = await text(callsTable(ask, input), 'csv');
    expect(csv.trim().split('\r\n').at(-1)).toBe(
      '# This export is not whole: The database is away.',
    );
    const json = JSON.parse(await text(callsTable(ask, input), 'json'));
    expect(json).toMatchObject({
      rows: { length: 2_000 },
      cutOff: expect.stringContaining('not whole'),
    });
  });
});

test('an export of spikes of which more were found says how many', async () => {
  const { rows } = spikesTable({
    window: { from: 0, to: at },
    now: at,
    coveredUntil: null,
    spikes: [],
    more: 7,
    ahead: [],
    links: [],
    bucketMs: 60_000,
    buckets: [],
    unit: 'calls',
    sentence: '',
  });
  expect((await rows.next()).value).toBe(
    'Cut off after 0 spikes: 7 smaller ones were found. Choose a shorter window.',
  );
});

test('an instant that is not known is an empty cell', () => {
  expect([isoCell(0), isoCell(null), isoCell(undefined)]).toEqual([
    '1970-01-01T00:00:00.000Z',
    null,
    null,
  ]);
});
