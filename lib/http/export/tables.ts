/** What a page shows in a table, as rows to export. */
import { countOf } from '../../shared/counts.ts';
import type {
  CauseBucket,
  ExplainView,
  PrincipalUse,
  ProcessLease,
  RevocationView,
} from '../../shared/dto.ts';
import type { KeysView } from '../../shared/keys-view.ts';
import type { PatternView } from '../../shared/pattern-view.ts';
import type { SpikesView, SpikeView } from '../../shared/spike-view.ts';
import { type ExportColumn, type ExportTable, isoCell } from './table.ts';

async function* listed<Row>(rows: readonly Row[], cutOff: string | null = null) {
  yield* rows;
  return cutOff;
}

const countsCell = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, n]) => `${name} ${n}`)
    .join('; ');

const useColumns: ExportColumn<PrincipalUse>[] = [
  { name: 'kind', of: ({ kind }) => kind },
  { name: 'principal', of: ({ principal }) => principal },
  { name: 'name', of: ({ name }) => name },
  { name: 'key', of: ({ key }) => key },
  { name: 'events', of: ({ events }) => events },
  { name: 'firstAt', of: ({ firstAt }) => isoCell(firstAt) },
  { name: 'lastAt', of: ({ lastAt }) => isoCell(lastAt) },
  { name: 'operations', of: ({ operations }) => countsCell(operations) },
  { name: 'sourceIps', of: ({ sourceIps }) => sourceIps.join('; ') },
  { name: 'addresses', of: ({ addresses }) => addresses },
  { name: 'services', of: ({ services }) => services.join('; ') },
];

/** Everyone else who used the key. */
export const strangersTable = ({ strangers }: ExplainView): ExportTable<PrincipalUse> => ({
  columns: useColumns,
  rows: listed(strangers),
});

/** Bars by cause: a row each, with a column for each cause that comes in the window. */
export function causesTable({ buckets, bucketMs }: ExplainView): ExportTable<CauseBucket> {
  const causes = [...new Set(buckets.flatMap((bucket) => Object.keys(bucket.causes)))];
  return {
    columns: [
      { name: 'from', of: ({ start }) => isoCell(start) },
      { name: 'to', of: ({ start }) => isoCell(start + bucketMs) },
      { name: 'incomplete', of: ({ incomplete }) => String(incomplete) },
      { name: 'messages', of: ({ messages }) => messages },
      ...causes
        .sort()
        .map((name) => ({ name, of: (bucket: CauseBucket) => countOf(bucket.causes, name) })),
    ],
    rows: listed(buckets),
  };
}

type KnownKey = KeysView['keys'][number];

const keyColumns: ExportColumn<KnownKey>[] = [
  { name: 'key', of: ({ key }) => key },
  { name: 'state', of: ({ state }) => state },
  { name: 'since', of: ({ since }) => isoCell(since) },
  { name: 'lastEventAt', of: ({ lastEventAt }) => isoCell(lastEventAt) },
  { name: 'lastCallAt', of: ({ lastCallAt }) => isoCell(lastCallAt) },
];

export const keysTable = ({ keys }: KeysView): ExportTable<KnownKey> => ({
  columns: keyColumns,
  rows: listed(keys),
});

type Lease = ProcessLease & { key: string };

const leaseColumns: ExportColumn<Lease>[] = [
  { name: 'key', of: ({ key }) => key },
  { name: 'process', of: ({ process }) => process },
  { name: 'boot', of: ({ boot }) => boot },
  { name: 'state', of: ({ state }) => state },
  { name: 'liveDeks', of: ({ liveDeks }) => liveDeks },
  { name: 'lastLeaseEndsAt', of: ({ lastLeaseEndsAt }) => isoCell(lastLeaseEndsAt) },
  { name: 'deniedAt', of: ({ deniedAt }) => isoCell(deniedAt) },
  { name: 'lastSuccessAt', of: ({ lastSuccessAt }) => isoCell(lastSuccessAt) },
  { name: 'lastWordAt', of: ({ lastWordAt }) => isoCell(lastWordAt) },
];

/** What each process holds, of every key or of one. */
export const leasesTable = ({ keys }: RevocationView, only?: string): ExportTable<Lease> => ({
  columns: leaseColumns,
  rows: listed(
    keys
      .filter(({ key }) => only === undefined || key === only)
      .flatMap(({ key, processes }) => processes.map((lease) => ({ ...lease, key }))),
  ),
});

interface Cell {
  at: number;
  count: number;
  incomplete: boolean;
}

const cellColumns: ExportColumn<Cell>[] = [
  { name: 'minute', of: ({ at }) => isoCell(at) },
  { name: 'count', of: ({ count }) => count },
  { name: 'incomplete', of: ({ incomplete }) => String(incomplete) },
];

/** The heatmap's cells that have anything in them. */
export const patternTable = ({ rows }: PatternView): ExportTable<Cell> => ({
  columns: cellColumns,
  rows: listed(
    rows.flatMap(({ hour, minutes, incomplete }) =>
      minutes.flatMap((count, minute) =>
        count === 0 ? [] : { at: hour + minute * 60_000, count, incomplete },
      ),
    ),
  ),
});

const spikeColumns: ExportColumn<SpikeView>[] = [
  { name: 'id', of: ({ id }) => id },
  { name: 'direction', of: ({ direction }) => direction },
  { name: 'from', of: ({ from }) => isoCell(from) },
  { name: 'to', of: ({ to }) => isoCell(to) },
  { name: 'key', of: ({ key }) => key },
  { name: 'workspace', of: ({ workspace }) => workspace },
  { name: 'unit', of: ({ unit }) => unit },
  { name: 'counted', of: ({ calls }) => calls },
  { name: 'expected', of: ({ expected }) => expected },
  { name: 'excess', of: ({ excess }) => excess },
  { name: 'pValue', of: ({ pValue }) => pValue },
  { name: 'causes', of: ({ causes }) => countsCell(causes) },
  { name: 'root', of: ({ echo }) => echo?.kind },
  { name: 'rootAt', of: ({ echo }) => isoCell(echo?.at) },
  { name: 'generation', of: ({ echo }) => echo?.generation },
  { name: 'sentence', of: ({ sentence }) => sentence },
];

export const spikesTable = ({ spikes, more }: SpikesView): ExportTable<SpikeView> => ({
  columns: spikeColumns,
  rows: listed(
    spikes,
    more === 0
      ? null
      : `Cut off after ${spikes.length} spikes: ${more} smaller ones were found. Choose a shorter window.`,
  ),
});

interface Told {
  section: string;
  item: string;
  value: number | null;
  share: number | null;
  text: string;
}

const toldColumns: ExportColumn<Told>[] = (
  ['section', 'item', 'value', 'share', 'text'] as const
).map((name) => ({ name, of: (row) => row[name] }));

/** The ledger: each line's total, then the terms that make it up, then what is unexplained. */
const ledgerRows = ({ ledger, sumsBefore }: ExplainView): Told[] =>
  ledger.lines.flatMap(({ id: section, label, total, terms, residual }) => [
    { section, item: 'total', value: total, share: null, text: label },
    ...terms.map((term) => ({
      section,
      item: term.id,
      value: term.value,
      share: term.share,
      text: `${term.label}. ${term.about}`,
    })),
    ...(sumsBefore === null
      ? [{ section, item: 'unexplained', value: residual, share: null, text: 'Unexplained' }]
      : []),
  ]);

export const ledgerTable = (view: ExplainView): ExportTable<Told> => ({
  columns: toldColumns,
  rows: listed(ledgerRows(view)),
});

/** The whole explanation, section by section: every number of the report beside its words. */
export const reportTable = (view: ExplainView): ExportTable<Told> => ({
  columns: toldColumns,
  rows: listed([
    ...view.sentences.map((text, no) => told({ section: 'answer', item: String(no + 1), text })),
    ...view.waterfall.map(({ id, value, share, label, about }) => ({
      ...told({ section: 'waterfall', item: id, text: `${label}. ${about}` }),
      value,
      share,
    })),
    ...ledgerRows(view).map((row) => ({ ...row, section: `ledger: ${row.section}` })),
    ...view.strangers.map(({ kind, principal, name, events }) => ({
      ...told({ section: `used by: ${kind}`, item: principal, text: name }),
      value: events,
    })),
    ...view.spikes.map(({ id, calls, sentence }) => ({
      ...told({ section: 'spike', item: id, text: sentence }),
      value: calls,
    })),
    ...view.coverage.map(({ id, kind, status, coveredUntil, message }) =>
      told({
        section: `audit log: ${kind}`,
        item: id,
        text: `${status}; covered until ${isoCell(coveredUntil) ?? 'nothing yet'}. ${message ?? ''}`.trim(),
      }),
    ),
    ...view.costs.map(({ provider, currency, amount, requests, payer }) => ({
      ...told({
        section: 'cost',
        item: provider,
        text: `${currency} for ${requests} requests, paid by ${payer}`,
      }),
      value: amount,
    })),
  ]),
});

const told = (words: Pick<Told, 'section' | 'item' | 'text'>): Told => ({
  ...words,
  value: null,
  share: null,
});
