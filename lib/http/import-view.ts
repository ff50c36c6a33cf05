import { rejectedText } from '../domain/audit-record.ts';
import { ignoredCodes, ignoredReasons, rejectedCodes } from '../domain/intake-codes.ts';
import type { ImportReport } from '../services/intake/import-files.ts';
import type { TelemetryReport } from '../services/intake/import-telemetry.ts';
import type { ImportView, LeftOut } from '../shared/intake-view.ts';
import type { TimeWindow } from '../shared/time-window.ts';

/** As many as one reads. */
const faultsMax = 20;
const keysMax = 20;

/** What became of the file at `path`, which the page knows as `name`. */
export function importView(
  { report, telemetry }: { report: ImportReport; telemetry: TelemetryReport | null },
  { path, name, extent }: { path: string; name: string; extent: TimeWindow | null },
): ImportView {
  const { records, kmsEvents, duplicates } = report;
  const named = (text: string) => text.replaceAll(path, name);
  return {
    records,
    kmsEvents,
    duplicates,
    keys: report.keys.slice(0, keysMax),
    keysCount: report.keys.length,
    missing: [...new Set(report.shapes.flatMap(({ missing }) => missing))],
    telemetry: telemetry && {
      calls: telemetry.calls,
      counts: telemetry.counts,
      added: telemetry.added,
      faults: [...new Set(telemetry.faults.map(({ reason }) => reason))].slice(0, faultsMax),
    },
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
    const example = first === undefined ? '' : rejectedText(first);
    return { ...rejectedCodes[code], n: of.length, example };
  });
