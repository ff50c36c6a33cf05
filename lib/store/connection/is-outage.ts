import { databaseFault, textOf } from './database-fault.ts';
import { TransactionExpired } from './transaction-expired.ts';

/** Whether an error means that the database is away or busy for now, so that the same work may succeed later. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof TransactionExpired) return true;
  const code = textOf(error, 'code');
  if (code !== null && (networkCodes.has(code) || prismaCodes.has(code))) return true;
  if (lost.test(error.message) || lostKinds.has(databaseFault(error)?.kind ?? '')) return true;
  const { sqlState = '', message = '' } = databaseFault(error) ?? {};
  if (sqlState === statementTimeout || sqlState === lockTimeout || isUnanswered(error)) return true;
  return /^(?:08|40|53|57P)/.test(sqlState) || lostWorker.test(message);
}

/** A statement took longer than it may. */
export const statementTimeout = '57014';
/** Others held what it needs for longer than it waits. */
const lockTimeout = '55P03';

/** As `pg` says that it has given up waiting for a statement's answer. */
export const unanswered = 'Query read timeout';

/** Whether nobody has answered a statement: it may still run. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof Error && error.message === unanswered;

// Of a cluster's worker that dies in the midst of a statement its coordinator tells as libpq has it, as no class.
const lostWorker = /^(?:SSL SYSCALL error|server closed the connection unexpectedly)/;

// By `pg` while waiting or connecting, and by Prisma, whose own message stands after the invocation.
const lost =
  /^Connection terminated|^timeout exceeded when trying to connect|Server has closed the connection|^Client has encountered a connection error/;
const lostKinds = new Set(['ConnectionClosed', 'SocketTimeout', 'DatabaseNotReachable']);

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
