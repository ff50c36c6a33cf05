/** Whether an error means that the database is away or busy for now, so that the same work may succeed later. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = textOf(error, 'code');
  if (code !== null && (networkCodes.has(code) || prismaCodes.has(code))) return true;
  if (/^(?:Connection terminated|timeout exceeded when trying to connect)/.test(error.message))
    return true;
  return /^(?:08|40|53|57P)/.test(sqlStateOf(error) ?? '');
}

// Failures while connecting or writing come as Node.js has them.
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

// Not reached, timed out, closed, no connection free, no transaction begun, too many connections.
const prismaCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037']);

/** What PostgreSQL said, where a query that had reached it failed: Prisma keeps it deep in its own error. */
function sqlStateOf(error: Error): string | null {
  let at: unknown = error;
  for (const name of ['meta', 'driverAdapterError', 'cause']) at = fieldOf(at, name);
  return textOf(at, 'originalCode');
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

function textOf(value: unknown, name: string): string | null {
  const text = fieldOf(value, name);
  return typeof text === 'string' ? text : null;
}
