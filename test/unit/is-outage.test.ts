import { describe, expect, test } from 'vitest';
import { isOutage } from '../../lib/store/connection/is-outage.ts';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });
/** As Prisma tells what PostgreSQL answered. */
const answered = (originalCode: string, originalMessage = '') =>
  Object.assign(withCode('P2010'), {
    meta: { driverAdapterError: { cause: { originalCode, originalMessage } } },
  });

describe('an outage', () => {
  test.each([
    ['a refused connection', withCode('ECONNREFUSED')],
    ['a socket that is gone', withCode('ENOENT')],
    ['a connection lost while writing', withCode('EPIPE')],
    ['a connection lost while waiting', new Error('Connection terminated unexpectedly')],
    ['no connection free in time', new Error('timeout exceeded when trying to connect')],
    ['a transaction that could not begin', withCode('P2028')],
    [
      'a connection that the server closed, as Prisma says it',
      new Error(
        '\nInvalid `prisma.$queryRawUnsafe()` invocation:\n\n\nServer has closed the connection.',
      ),
    ],
    [
      'a connection closed between two queries',
      Object.assign(withCode('P2010'), {
        meta: { driverAdapterError: { cause: { kind: 'ConnectionClosed' } } },
      }),
    ],
    ['a server that shuts down', answered('57P01')],
    ['a server that starts', answered('57P03')],
    ['a full disk', answered('53100')],
    ['a deadlock', answered('40P01')],
    ['a statement that took too long', answered('57014')],
    ['a lock that others hold', answered('55P03')],
    ['a statement that nobody answers', new Error('Query read timeout')],
    [
      'a worker of a cluster that died',
      answered('XX000', 'SSL SYSCALL error: EOF detected\ninvalid socket'),
    ],
  ])('is %s', (_name, error) => {
    expect(isOutage(error)).toBe(true);
  });

  test.each([
    ['a fault of the query', answered('42P01')],
    ['a fault of the data', answered('22012')],
    ['a fault of the server itself', answered('XX000', 'cache lookup failed')],
    ['any other error', new Error('terminated')],
    ['an error of another kind', withCode('P2010')],
    ['no error at all', { code: 'ECONNREFUSED' }],
    ['nothing', undefined],
  ])('is not %s', (_name, error) => {
    expect(isOutage(error)).toBe(false);
  });
});
