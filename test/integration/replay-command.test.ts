import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needSharedData } from '../support/shared-data.ts';
import { removeDir, runKeytide, scratchDir } from '../support/up.ts';
import { readExpected, readExpectedHours } from '../support/workloads.ts';

const heading = 'timestamp_s,conversation_id,turn,workspace';
let dir: string;

beforeAll(async () => {
  dir = await scratchDir();
});

afterAll(() => removeDir(dir));

async function traceFile(name: string, content: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, content);
  return path;
}

const oneLine = (stderr: string) => expect(stderr).toMatch(/^keytide: [^\n]+\n$/);

describe('keytide replay', () => {
  test('prints one JSON object whose causes and hours sum to its counts', async () => {
    const rows = ['0,a,1,w', '10.5,a,2,w', '3700,a,3,w', '3700,b,1,v', '90000,a,4,w'];
    const trace = await traceFile('small.csv', `${heading}\n${rows.join('\n')}\n`);
    const { code, stdout, stderr } = await runKeytide(['replay', trace, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout);
    expect(result).toEqual({
      messages: 5,
      kmsEncrypt: 3,
      kmsDecrypt: 2,
      causes: expect.objectContaining({
        'dek.first': 2,
        'dek.rotation': 1,
        'load.expired': 1,
        'load.reopened': 1,
        'refresh.ahead': 0,
      }),
      hourly: [
        { hour: '1970-01-01T00Z', messages: 2, encrypt: 1, decrypt: 0 },
        { hour: '1970-01-01T01Z', messages: 2, encrypt: 1, decrypt: 1 },
        { hour: '1970-01-02T01Z', messages: 1, encrypt: 1, decrypt: 1 },
      ],
    });
  });

  test('over the wire, through the SDK, a real workload makes exactly the requests it must', async (context) => {
    const trace = needSharedData(context, 'workloads/ragpulse_14d.csv.gz');
    const expected = await readExpected(needSharedData(context, 'workloads/expected.json'));
    const hours = await readExpectedHours(
      needSharedData(context, 'workloads/expected-hourly.csv.gz'),
    );
    const name = '24h_8p_row_shared';
    const policy = expected.traces.ragpulse_14d?.policies[name];
    const words = ['--processes', '8', '--rotation', '24h', '--wire', '--json'];
    const { code, stdout } = await runKeytide(['replay', trace, ...words]);
    expect(code).toBe(0);
    const { messages, kmsEncrypt, kmsDecrypt, causes, hourly } = JSON.parse(stdout);
    expect({ messages, kmsEncrypt, kmsDecrypt }).toEqual({
      messages: policy?.messages,
      kmsEncrypt: policy?.kms_encrypt,
      kmsDecrypt: policy?.kms_decrypt,
    });
    expect(causes['load.first']).toBe(policy?.decrypt_cause.cold);
    const own = hours.filter((row) => row.trace === 'ragpulse_14d' && row.variant === name);
    const counts = (rows: { encrypt: number; decrypt: number; messages: number }[]) =>
      rows.filter((row) => row.messages > 0).map((row) => [row.messages, row.encrypt, row.decrypt]);
    expect(counts(hourly)).toEqual(counts(own));
  });
});

describe('wrong use exits 2 with one line', () => {
  test.each([
    ['an unknown flag', ['replay', 'x.csv', '--speed', '9']],
    ['no trace', ['replay']],
    ['two traces', ['replay', 'a.csv', 'b.csv']],
    ['an unknown command', ['replays', 'x.csv']],
    ['no command', []],
    ['a rotation in words', ['replay', 'x.csv', '--rotation', 'daily']],
    ['a rotation mode unheard of', ['replay', 'x.csv', '--rotation-mode', 'eager']],
    ['no process at all', ['replay', 'x.csv', '--processes', '0']],
    ['a routing unheard of', ['replay', 'x.csv', '--routing', 'random']],
    ['a cloud unheard of', ['replay', 'x.csv', '--cloud', 'oracle', '--wire']],
    ['a sandbox of a cloud unheard of', ['up', '--cloud', 'oracle']],
    ['a window of nothing', ['replay', 'x.csv', '--window', '0']],
    ['a seed below zero', ['replay', 'x.csv', '--seed=-1']],
    ['what-if, of a later release', ['what-if', 'x.csv', '--ttl', '1h', '--json']],
    ['drill of no key', ['drill']],
    [
      'explain of a window that ends first',
      ['explain', '--from', '2026-11-23', '--to', '2026-11-22'],
    ],
    ['import of nothing', ['import']],
    ['import for a cloud unheard of', ['import', 'x', '--provider', 'oracle']],
  ])('%s', async (_name, words) => {
    const { code, stdout, stderr } = await runKeytide(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    oneLine(stderr);
  });

  test('another cloud than AWS without its wire', async () => {
    const trace = await traceFile('cloud.csv', `${heading}\n1,a,1,w\n`);
    const { code, stderr } = await runKeytide(['replay', trace, '--cloud', 'gcp']);
    expect(code).toBe(2);
    oneLine(stderr);
    expect(stderr).toContain('--wire');
  });

  test('a TTL out of bounds, for a trace that could be replayed', async () => {
    const trace = await traceFile('fine.csv', `${heading}\n1,a,1,w\n`);
    const { code, stdout, stderr } = await runKeytide(['replay', trace, '--ttl', '2d']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    oneLine(stderr);
    expect(stderr).toContain('ttl');
  });
});

describe('a trace that cannot be replayed exits 1 with one line that names it', () => {
  test.each([
    ['absent', null, 'absent.csv'],
    ['empty', '', 'columns'],
    ['no-heading', '1,a,1,w\n', 'columns'],
    ['no-rows', `${heading}\n`, 'no rows'],
    ['bad-time', `${heading}\n1,a,1,w\nsoon,a,2,w\n`, 'line 3'],
    ['no-time', `${heading}\n,a,1,w\n`, 'line 2'],
    ['no-workspace', `${heading}\n1,a,1,\n`, 'line 2'],
    ['unsorted', `${heading}\n2,a,1,w\n1,a,2,w\n`, 'line 3'],
    ['cut-gzip', '\u001f\u008b\u0008', 'gzip'],
  ])('%s', async (name, content, words) => {
    const path = join(dir, `${name}.csv`);
    if (content !== null) await writeFile(path, content, 'latin1');
    const { code, stdout, stderr } = await runKeytide(['replay', path, '--json']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    oneLine(stderr);
    expect(stderr).toContain(`${name}.csv`);
    expect(stderr).toContain(words);
  });
});

test('help and version are data: on stdout, exit 0', async () => {
  const help = await runKeytide(['--help']);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toContain('replay');
  expect(await runKeytide(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
});
