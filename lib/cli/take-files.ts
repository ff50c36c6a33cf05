/** What the words of a command name as files: audit records, telemetry, what one knows of the service. */
import { readFile } from 'node:fs/promises';
import { AppError } from '../domain/app-error.ts';
import { parseServiceForm } from '../services/answers/service-facts.ts';
import type { ServiceContext } from '../services/context.ts';
import { type ImportReport, importFiles, isUseless } from '../services/intake/import-files.ts';
import { importTelemetry } from '../services/intake/import-telemetry.ts';
import type { ServiceForm } from '../shared/service-facts.ts';
import { leftOutText } from './import-text.ts';
import { say } from './say.ts';

const faultsShown = 20;

/** Takes files into a store, and says what could not be taken. @throws {AppError} where nothing is of use */
export async function takeGivenFiles(
  ctx: ServiceContext,
  { audit, telemetry = [] }: { audit?: string[] | undefined; telemetry?: string[] | undefined },
): Promise<void> {
  sayFaults(await telemetryFaults(ctx, telemetry));
  if (audit !== undefined)
    sayFaults(leftOutOf(await importFiles({ ctx, input: { paths: audit } }), audit));
}

export function sayFaults(faults: readonly string[]): void {
  for (const line of faults.slice(0, faultsShown)) say(line);
  const more = faults.length - faultsShown;
  if (more > 0) say(`${more} more could not be taken`);
}

/** What could not be taken, a line each. */
async function telemetryFaults(ctx: ServiceContext, paths: readonly string[]): Promise<string[]> {
  const { faults } = await importTelemetry({ ctx, input: { paths } });
  return faults.map(
    ({ file, line, reason }) => `${file}${line === 0 ? '' : ` at value ${line}`}: ${reason}`,
  );
}

/** @throws {AppError} where nothing is left to explain */
export function leftOutOf(report: ImportReport, paths: readonly string[]): string[] {
  const leftOut = leftOutText(report);
  if (!isUseless(report)) return leftOut;
  sayFaults(leftOut);
  const seen = report.records > 0 ? 'no KMS event among them' : 'no audit record in them';
  throw new AppError('bad-request', `Nothing to explain in ${paths.join(', ')}: ${seen}.`);
}

export async function contentOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new AppError('not-found', `Cannot read ${path}.`);
  });
}

/** @throws {AppError} `bad-request` naming file and field */
export async function serviceOf(path: string): Promise<ServiceForm> {
  const content = await contentOf(path);
  let told: unknown;
  try {
    told = JSON.parse(content);
  } catch {
    throw new AppError(
      'bad-request',
      `${path} is not JSON. What is known of the service is written so: {"promise": {"ttl": "1h"}}.`,
    );
  }
  try {
    return parseServiceForm(told);
  } catch (cause) {
    throw cause instanceof AppError ? new AppError(cause.code, `${path}: ${cause.message}`) : cause;
  }
}
