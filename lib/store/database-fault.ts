/** What PostgreSQL said, where a query that had reached it failed: Prisma keeps it deep in its own error. */
export function databaseFault(error: unknown): { sqlState: string; message: string } | null {
  if (!(error instanceof Error)) return null;
  let at: unknown = error;
  for (const name of ['meta', 'driverAdapterError', 'cause']) at = fieldOf(at, name);
  const sqlState = textOf(at, 'originalCode');
  return sqlState === null ? null : { sqlState, message: textOf(at, 'originalMessage') ?? '' };
}

/** A text among an error's own fields, or null. */
export function textOf(value: unknown, name: string): string | null {
  const text = fieldOf(value, name);
  return typeof text === 'string' ? text : null;
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
