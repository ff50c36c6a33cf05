import { expect, test } from 'vitest';
import { createLog } from '../../lib/http/log.ts';

function logged(...words: [object, string]): { text: string; line: Record<string, unknown> } {
  let text = '';
  const write = (line: string) => {
    text += line;
  };
  createLog({ write }).error(...words);
  return { text, line: JSON.parse(text) };
}

test('a fault is a line of JSON with its request, its stack and its time', () => {
  const { text, line } = logged({ requestId: 'r-1', err: new Error('broken') }, 'a request failed');
  expect(text.match(/\n/g)).toHaveLength(1);
  expect(line).toMatchObject({ level: 50, requestId: 'r-1', msg: 'a request failed' });
  expect(line).toHaveProperty('err.message', 'broken');
  expect(line).toHaveProperty('err.stack', expect.stringContaining('log.test.ts'));
  expect(Date.parse(String(line.time))).not.toBeNaN();
});

const key = Buffer.alloc(32, 7);

test.each([
  ['a field that is named as one', { given: { ingestToken: 'hush-hush' } }, 'hush-hush'],
  ['a header', { headers: { Authorization: 'Basic hush' } }, 'Basic hush'],
  ['a password in a URL', new Error('no postgresql://me:hush@db/keytide'), 'hush'],
  ['a password in a message', new Error('password=hush'), 'hush'],
  ['a bearer token in a message', new Error('sent Bearer hush.hush'), 'hush.hush'],
  ['the bytes of a key', { given: key }, '7,7,7'],
  ['a key as hex', new Error(`key ${key.toString('hex')}`), key.toString('hex')],
  ['a key as base64', new Error(`key ${key.toString('base64')}`), key.toString('base64')],
  ['the cause of an error', new Error('x', { cause: { secret: 'hush' } }), 'hush'],
])('a secret is left out: %s', (_, given, secret) => {
  const { text } = logged(given instanceof Error ? { err: given } : given, 'told');
  expect(text).not.toContain(secret);
  expect(text).toContain('[left out]');
});
