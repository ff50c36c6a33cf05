import { ignoredCodes, ignoredReasons, rejectedCodes } from '../domain/intake-codes.ts';
import type { ImportReport } from '../services/intake/import-files.ts';
import type { ImportView, LeftOut } from '../shared/intake-view.ts';
import type { TimeWindow } from '../shared/time-window.ts';

/** What became of the file at `path`, which the page knows as `name`. */
export function importView(
  report: ImportReport,
  { path, name, extent }: { path: string; name: string; extent: TimeWindow | null },
): ImportView {
  const { records, kmsEvents, duplicates } = report;
  const named = (text: string) => text.replaceAll(path, name);
  return {
    records,
    kmsEvents,
    duplicates,
    ignored: ignoredOf(report).map((left) => ({ ...left, example: named(left.example) })),
    refused: refusedOf(report).map((left) => ({ ...left, example: named(left.example) })),
    extent,
  };
}

const ignoredOf = ({ ignored, ignoredIn }: ImportReport): LeftOut[] =>
  ignoredCodes.flatMap((code) => {
    const n = ignored[code];
    return n === undefined ? [] : [{ ...ignoredReasons[code], n, example: ignoredIn[code] ?? '' }];
  });

const refusedOf = ({ rejected }: ImportReport): LeftOut[] =>
  [...Map.groupBy(rejected, ({ code }) => code)].map(([code, of]) => {
    const [first] = of;
    const example = first === undefined ? '' : `${first.file} at ${first.offset}: ${first.reason}`;
    return { ...rejectedCodes[code], n: of.length, example };
  });
