import { AppError } from '../domain/app-error.ts';
import { isOutage } from '../store/connection/is-outage.ts';

/** The error as `unavailable` if it means that the database is away or busy for now; otherwise null. */
export const outageOf = (cause: unknown): AppError | null =>
  isOutage(cause)
    ? new AppError('unavailable', 'The database does not answer now; try again.', { cause })
    : null;
