import { describe, expect, test } from 'vitest';
import { plainFault } from '../../lib/cli/plain-fault.ts';
import { AppError } from '../../lib/domain/app-error.ts';

const system = (code: string) => Object.assign(new Error(code), { code, path: 'data/db' });

describe('a fault in one line', () => {
  test.each([
    ['a full disk', system('ENOSPC'), 'Cannot use data/db: the disk is full'],
    [
      'a read-only disk',
      system('EROFS'),
      'Cannot use data/db: it lies on a file system that is read-only',
    ],
    [
      'a directory of another user',
      system('EACCES'),
      'Cannot use data/db: this user may not use it',
    ],
    ['an error of ours', new AppError('in-use', 'It is in use.'), 'It is in use.'],
    ['an object that is no error', { name: 'ExitStatus', message: 'exit 1' }, 'failed: exit 1'],
    ['an object without a message', { status: 7 }, 'failed: {"status":7}'],
    ['a text', 'out of order', 'failed: out of order'],
  ])('tells %s', (_, error, line) => {
    expect(plainFault(error)).toContain(line);
    expect(plainFault(error)).not.toContain('[object');
  });
});
