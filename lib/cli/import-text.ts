import { rejectedText } from '../domain/audit-record.ts';
import { ignoredCodes, ignoredReasons, rejectedCodes } from '../domain/intake-codes.ts';
import type { ImportReport } from '../services/intake/import-files.ts';
import { terminalLine } from '../shared/escape.ts';
import { countText, nounText } from '../shared/screen-text.ts';

interface Row {
  what: string;
  n: number;
  example: string;
  advice: string;
}

const exampleLengthMax = 200;

/** What was read, ignored and refused by reason, each with one example and what to do. */
export function importText(report: ImportReport): string {
  const { files, records, kmsEvents, duplicates } = report;
  const head =
    `${nounText(records, 'record')} in ${nounText(files, 'file')}: ` +
    `${nounText(kmsEvents, 'KMS event')}, ${nounText(duplicates, 'record was', 'records were')} there already`;
  return [
    head,
    ...keyLines(report.keys),
    ...section('read', readRows(report)),
    ...leftOut(report),
    '',
  ].join('\n');
}

const keysShown = 5;

/** Under which keys events lie: of many keys those with most. */
export function keyLines(keys: ImportReport['keys']): string[] {
  const shown = keys
    .slice(0, keysShown)
    .map(({ key, events }) => underLine(events, key ?? 'no key that the records name'));
  const more = keys.slice(keysShown);
  const rest = more.reduce((sum, { events }) => sum + events, 0);
  return more.length === 0 ? shown : [...shown, underLine(rest, nounText(more.length, 'more key'))];
}

const underLine = (events: number, what: string): string =>
  `  under   ${countText(events).padStart(9)}  ${printable(what)}`;

/** Records as the cloud itself hands them out. */
const asExported: ReadonlySet<string> = new Set([
  ...['CloudTrail files', 'single records'],
  ...['entries of Cloud Logging', 'rows of Azure’s logs'],
]);

/** The same without what was read as it is: what a person who wants an explanation needs to know first. */
export function leftOutText(report: ImportReport): string[] {
  const worthSaying = readRows(report).filter(
    ({ what, advice }) => advice !== '' || !asExported.has(what),
  );
  return [...section('read', worthSaying), ...leftOut(report)];
}

const leftOut = (report: ImportReport): string[] => [
  ...section('ignored', ignoredRows(report)),
  ...section('refused', refusedRows(report)),
];

function section(outcome: string, rows: readonly Row[]): string[] {
  return rows.flatMap(({ what, n, example, advice }) => [
    `  ${outcome.padEnd(7)} ${countText(n).padStart(9)}  ${what}${advice === '' ? '' : `; ${advice}`}`,
    `                     e.g. ${printable(example)}`,
  ]);
}

function readRows({ shapes }: ImportReport): Row[] {
  return shapes.map(({ shape, records, example, missing }) => ({
    what: shape,
    n: records,
    example,
    advice:
      missing.length === 0
        ? ''
        : `no column for ${missing.join(', ')}: what rests on it is unknown; export with it, or as JSON`,
  }));
}

function ignoredRows({ ignored, ignoredIn }: ImportReport): Row[] {
  return ignoredCodes.flatMap((reason) => {
    const n = ignored[reason];
    const { words, advice } = ignoredReasons[reason];
    return n === undefined ? [] : [{ what: words, n, example: ignoredIn[reason] ?? '', advice }];
  });
}

function refusedRows({ rejected }: ImportReport): Row[] {
  return [...Map.groupBy(rejected, ({ code }) => code)].map(([code, of]) => {
    const { words, advice } = rejectedCodes[code];
    const [first] = of;
    const example = first === undefined ? '' : rejectedText(first);
    return { what: words, n: of.length, example, advice };
  });
}

/** Nothing that a file says about itself may move the terminal's cursor. */
function printable(text: string): string {
  const cut = text.length > exampleLengthMax ? `${text.slice(0, exampleLengthMax)}…` : text;
  return terminalLine(cut);
}
