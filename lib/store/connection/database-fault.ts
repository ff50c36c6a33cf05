import pg from 'pg';

export interface DatabaseFault {
  /** Empty where it was not the database that failed. */
  sqlState: string;
  message: string;
  /** Prisma's own word for it, such as `ConnectionClosed`. */
  kind: string;
}

/** What PostgreSQL or the connection to it said, where a query failed: Prisma keeps it deep in its own error. */
export function databaseFault(error: unknown): DatabaseFault | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof pg.DatabaseError)
    return { sqlState: error.code ?? '', message: error.message, kind: '' };
  // What fails within a transaction comes as the adapter's own error, else within Prisma's.
  const adapters = fieldOf(fieldOf(error, 'meta'), 'driverAdapterError') ?? error;
  const at = fieldOf(adapters, 'cause');
  const [sqlState, kind] = [textOf(at, 'originalCode'), textOf(at, 'kind')];
  if (sqlState === null && kind === null) return null;
  const message = textOf(at, 'originalMessage') ?? '';
  return { sqlState: sqlState ?? '', message, kind: kind ?? '' };
}

/** A text among an error's own fields, or null. */
export function textOf(value: unknown, name: string): string | null {
  const text = fieldOf(value, name);
  return typeof text === 'string' ? text : null;
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
