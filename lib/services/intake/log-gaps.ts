import { AppError } from '../../domain/app-error.ts';
import type { LogGap } from '../../shared/connection-view.ts';
import type { LogReader, ReadSpan } from '../../sources/log-reader.ts';
import { readKnownKeys } from '../../store/views/keys/read-known-keys.ts';
import type { ServiceContext } from '../context.ts';

/** What a log says it leaves out; null where it could not be asked. */
export async function askedGaps(
  { db }: Pick<ServiceContext, 'db'>,
  reader: LogReader,
  span: ReadSpan,
): Promise<LogGap[] | null> {
  try {
    return await reader.inspect(span, async () => (await readKnownKeys(db)).map(({ key }) => key));
  } catch {
    // Who may read a log may not always ask how it is set up.
    return null;
  }
}

/** What is missing where a reading failed. */
export function failureGaps(reader: LogReader, error: unknown): LogGap[] {
  if (!(error instanceof AppError)) return [];
  const fix = reader.fixes[error.code];
  return fix === undefined ? [] : [{ ...fix, evidence: error.message }];
}

/** What was lost to time stays lost, though later readings need no more of it. */
export const withLost = (gaps: readonly LogGap[], before: readonly LogGap[]): LogGap[] => {
  const isLost = ({ code }: LogGap) => code === 'retention';
  return gaps.some(isLost) ? [...gaps] : [...gaps, ...before.filter(isLost)];
};
