import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { withReceivedFile } from '../../lib/http/receive-file.ts';

const request = (body: BodyInit | null) =>
  new Request('http://127.0.0.1/api/import', { method: 'POST', body, duplex: 'half' } as object);

test('a body is on disk while it is read, and gone after', async () => {
  const seen = await withReceivedFile(request('a log'), async (path) => ({
    path,
    text: await readFile(path, 'utf8'),
  }));
  expect(seen.text).toBe('a log');
  expect(existsSync(seen.path)).toBe(false);
});

test('it is gone also where reading it fails', async () => {
  let at = '';
  const reading = withReceivedFile(request('a log'), async (path) => {
    at = path;
    throw new Error('unreadable');
  });
  await expect(reading).rejects.toThrow('unreadable');
  expect(at).not.toBe('');
  expect(existsSync(at)).toBe(false);
});

test('an empty body and one that breaks off are refused by name', async () => {
  const never = () => Promise.reject(new Error('read'));
  const broken = new ReadableStream({
    pull(controller) {
      controller.error(new Error('connection lost'));
    },
  });
  await expect(withReceivedFile(request(null), never)).rejects.toMatchObject({
    code: 'bad-request',
    message: 'The file is empty.',
  });
  await expect(withReceivedFile(request(broken), never)).rejects.toMatchObject({
    code: 'bad-request',
    message: 'The file did not come whole; send it again.',
  });
});
