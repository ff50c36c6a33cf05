import type { ServiceContext } from '../context.ts';
import { type ImportReport, importFiles } from './import-files.ts';
import { importTelemetry, type TelemetryReport } from './import-telemetry.ts';

/** Takes one file in for what it is: audit records, or the service's telemetry. */
export async function importDropped({
  ctx,
  input: { path },
}: {
  ctx: ServiceContext;
  input: { path: string };
}): Promise<{ report: ImportReport; telemetry: TelemetryReport | null }> {
  const report = await importFiles({ ctx, input: { paths: [path] } });
  // Of an archive's members each is named apart.
  const isTelemetry = ({ code, file }: (typeof report.rejected)[number]) =>
    code === 'telemetry' && file === path;
  if (!report.rejected.some(isTelemetry)) return { report, telemetry: null };
  const telemetry = await importTelemetry({ ctx, input: { paths: [path] } });
  const rejected = report.rejected.filter((one) => !isTelemetry(one));
  return { report: { ...report, rejected, rejectedCount: rejected.length }, telemetry };
}
