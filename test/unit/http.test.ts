import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../lib/domain/app-error.ts';
import { requireIngestToken, requireSameOrigin } from '../../lib/http/guards.ts';
import { parseCallsQuery } from '../../lib/http/parse-calls-query.ts';
import { parseWindow } from '../../lib/http/parse-window.ts';
import { readBody } from '../../lib/http/read-body.ts';
import { readJson } from '../../lib/http/read-json.ts';
import { handler } from '../../lib/http/respond.ts';
import { callsShow } from '../../lib/shared/dto.ts';

const now = Date.UTC(2026, 10, 23, 12);
const query = (text: string) => new URLSearchParams(text);
const code = (error: AppError['code']) => expect.objectContaining({ code: error });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the window of a query', () => {
  test.each([
    ['', now - 86_400_000, now],
    ['last=6h', now - 21_600_000, now],
    ['from=2026-11-22T00:00Z&to=2026-11-23T00:00Z', Date.UTC(2026, 10, 22), Date.UTC(2026, 10, 23)],
    [`from=${now - 5}&to=${now - 1}`, now - 60_000, now],
    ['from=2026-11-23T11:00Z', now - 3_600_000, now],
    [
      'from=2026-11-23T10:20:30Z&to=2026-11-23T10:25:30Z',
      Date.UTC(2026, 10, 23, 10, 20),
      Date.UTC(2026, 10, 23, 10, 26),
    ],
    ['to=2026-11-23T00:00Z&last=1h', Date.UTC(2026, 10, 22, 23), Date.UTC(2026, 10, 23)],
    ['from=&to=', now - 86_400_000, now],
  ])('"%s" is read as it stands', (text, from, to) => {
    expect(parseWindow(query(text), now)).toEqual({ from, to });
  });

  test.each([
    ['last=soon', 'last=soon'],
    ['from=yesterday', 'from=yesterday'],
    ['to=never', 'to=never'],
    [`from=${now}&to=${now}`, 'empty'],
    [`from=${now}&to=${now - 1}`, 'empty'],
    ['last=401d', '400 days'],
  ])('"%s" is refused, saying why', (text, words) => {
    expect(() => parseWindow(query(text), now)).toThrow(code('bad-request'));
    expect(() => parseWindow(query(text), now)).toThrow(words);
  });
});

describe('the query of the calls page', () => {
  test('shows attempts of the last day without filters unless told otherwise', () => {
    expect(parseCallsQuery(query(''), now)).toEqual({
      window: { from: now - 86_400_000, to: now },
      show: 'attempts',
      filters: {},
      echo: null,
      log: null,
      cursor: null,
    });
  });

  test.each(callsShow)('knows show=%s', (show) => {
    expect(parseCallsQuery(query(`show=${show}`), now).show).toBe(show);
  });

  test('takes the known filters and leaves empty and unknown ones', () => {
    const text = 'cause=load.first&process=&workspace=a%20b&principal=p&elsewhere=1&cursor=1_x';
    const { filters, cursor } = parseCallsQuery(query(text), now);
    expect(filters).toEqual({ cause: 'load.first', workspace: 'a b', principal: 'p' });
    expect(cursor).toBe('1_x');
  });

  test.each([
    'show=everything',
    'show=constructor',
    'echo=load.first',
    'echo=x/yesterday/1',
    'log=x/guessed',
  ])('refuses %s', (text) => {
    expect(() => parseCallsQuery(query(text), now)).toThrow(code('bad-request'));
  });
});

describe('the guards', () => {
  const request = (headers: Record<string, string>) =>
    new Request('http://127.0.0.1:3000/api', { method: 'POST', headers });

  test('let the ingest token through, and nothing else', () => {
    const token = 'the-token-of-this-server';
    const bearer = (authorization: string) => () =>
      requireIngestToken(request({ authorization }), token);
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer '])
      expect(bearer(`${scheme} ${token}`)).not.toThrow();
    for (const wrong of [
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${token}x`,
      `Bearer x`,
      token,
      `Basic ${token}`,
    ])
      expect(bearer(wrong)).toThrow(code('unauthorized'));
    expect(() => requireIngestToken(request({}), token)).toThrow(code('unauthorized'));
  });

  test('the refusal does not repeat the token', () => {
    const ask = () => requireIngestToken(request({ authorization: 'Bearer guess-1' }), 'secret-1');
    expect(ask).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/guess-1|secret-1/) }),
    );
  });

  test.each([
    [{ host: '127.0.0.1:3000' }, true],
    [{ host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' }, true],
    [{ host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3001' }, false],
    [{ host: '127.0.0.1:3000', origin: 'https://elsewhere.example' }, false],
    [{ host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000.elsewhere.example' }, false],
    [{ host: '127.0.0.1:3000', origin: 'null' }, false],
    [{ origin: 'http://127.0.0.1:3000' }, false],
  ])('a change with %j is let through: %s', (headers, allowed) => {
    const ask = () => requireSameOrigin(request(headers as Record<string, string>));
    if (allowed) expect(ask).not.toThrow();
    else expect(ask).toThrow(code('forbidden'));
  });
});

describe('the body of a request', () => {
  const request = (body: BodyInit | null, headers: Record<string, string> = {}) =>
    new Request('http://127.0.0.1/', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== null && { body, duplex: 'half' }),
    });
  const stream = (chunks: number, onPull: () => void) =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => {
        onPull();
        if (chunks === 0) return controller.close();
        chunks -= 1;
        controller.enqueue(new Uint8Array(1024).fill(0x20));
      },
    });

  test('is parsed, with a charset or without', async () => {
    const types = ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON'];
    for (const type of types)
      expect(await readJson(request('{"a":"é"}', { 'content-type': type }), 100)).toEqual({
        a: 'é',
      });
  });

  test('may be as long as the limit and not a byte longer', async () => {
    const text = JSON.stringify('x'.repeat(98));
    expect(await readJson(request(text), 100)).toHaveLength(98);
    await expect(readJson(request(text), 99)).rejects.toThrow(code('too-large'));
  });

  test('is refused by its content-length before any of it is read', async () => {
    let pulled = 0;
    const pull = () => {
      pulled += 1;
    };
    const body = new ReadableStream({ pull }, { highWaterMark: 0 });
    const long = request(body, { 'content-length': '101' });
    await expect(readJson(long, 100)).rejects.toThrow(code('too-large'));
    expect(pulled).toBe(0);
  });

  test('is refused by its stream as soon as the limit is passed, whatever its length says', async () => {
    let pulled = 0;
    const body = stream(1_000, () => {
      pulled += 1;
    });
    await expect(readJson(request(body), 4_096)).rejects.toThrow(code('too-large'));
    expect(pulled).toBeLessThan(10);
  });

  test.each([
    { 'content-type': 'application/x-protobuf' },
    { 'content-type': 'text/plain' },
    { 'content-encoding': 'br' },
    { 'content-encoding': 'gzip, gzip' },
  ])('of %j is unsupported', async (headers) => {
    const other = request('{}', headers as unknown as Record<string, string>);
    await expect(readJson(other, 100)).rejects.toThrow(code('unsupported'));
  });

  const zipped = (body: BodyInit, headers: Record<string, string> = {}) =>
    request(body, { 'content-encoding': 'gzip', ...headers });

  test.each(['gzip', 'GZIP', ' x-gzip'])('of encoding %j is unpacked', async (encoding) => {
    const packed = zipped(gzipSync('{"a":"é"}'), { 'content-encoding': encoding });
    expect(await readJson(packed, 100)).toEqual({ a: 'é' });
    const bytes = await readBody(zipped(gzipSync(Buffer.from([0, 255]))), 100);
    expect([...bytes]).toEqual([0, 255]);
  });

  test('of deflate and zstd is unpacked as well', async () => {
    for (const [encoding, packed] of [
      ['deflate', deflateSync('{"a":1}')],
      ['zstd', zstdCompressSync('{"a":1}')],
    ] as const)
      expect(await readJson(zipped(packed, { 'content-encoding': encoding }), 100)).toEqual({
        a: 1,
      });
  });

  test('is bounded packed and unpacked: a bomb is too large before it is whole', async () => {
    const fits = gzipSync(Buffer.alloc(4_096));
    expect(await readBody(zipped(fits), 4_096)).toHaveLength(4_096);
    await expect(readBody(zipped(fits), 4_095)).rejects.toThrow(code('too-large'));
    const bomb = gzipSync(Buffer.alloc(2 ** 26));
    expect(bomb.length).toBeLessThan(2 ** 17);
    await expect(readBody(zipped(bomb), 2 ** 17)).rejects.toThrow(code('too-large'));
    await expect(readBody(zipped(bomb), bomb.length - 1)).rejects.toThrow(code('too-large'));
  });

  test('that never ends is answered when its time is over, and its sender is let go', async () => {
    const late = new AbortController();
    let sent = 0;
    let letGo = false;
    const drip = new ReadableStream<Uint8Array>({
      pull(stream) {
        sent += 1;
        if (sent < 3) return stream.enqueue(Buffer.from(' '));
        setImmediate(() => late.abort());
        // Nothing more comes.
        return new Promise(() => undefined);
      },
      cancel() {
        letGo = true;
      },
    });
    const init = { method: 'POST', body: drip, duplex: 'half' };
    const slow = new Request('http://127.0.0.1/', init);
    const read = readBody(slow, 2 ** 24, late.signal);
    await expect(read).rejects.toThrow(code('unavailable'));
    await expect(read).rejects.toThrow('send smaller batches');
    expect(letGo).toBe(true);
  });

  const whole = gzipSync('{"a":1}');
  test.each([
    ['none', Buffer.from('{"a":1}')],
    ['cut short', whole.subarray(0, -5)],
    ['damaged', Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8)])],
    ['zlib’s other format', deflateSync('{"a":1}')],
    ['empty', Buffer.alloc(0)],
  ])('of gzip that is %s is a bad request that says what to do', async (_name, body) => {
    const read = readBody(zipped(body), 100);
    await expect(read).rejects.toThrow(code('bad-request'));
    await expect(read).rejects.toThrow('without content-encoding');
  });

  test.each(['', '{', 'nothing'])('that is no JSON (%j) is a bad request', async (text) => {
    await expect(readJson(request(text), 100)).rejects.toThrow(code('bad-request'));
    await expect(readJson(request(null), 100)).rejects.toThrow(code('bad-request'));
  });
});

describe('the answer', () => {
  const ask = (work: () => Promise<object>) => handler(work)(new Request('http://127.0.0.1/'));
  const fails = (error: unknown) => ask(() => Promise.reject(error));

  test('is JSON that nobody caches; a Response goes out as it is', async () => {
    const answer = await ask(async () => ({ a: 1 }));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({ a: 1 });
    expect((await ask(async () => new Response('x', { status: 202 }))).status).toBe(202);
  });

  test('knows a fault that another bundle of the dashboard has made', async () => {
    const fault = Object.assign(new Error('no such spike'), { code: 'not-found' });
    fault.name = 'AppError';
    expect((await fails(fault)).status).toBe(404);
  });

  test.each([
    ['bad-request', 400],
    ['unauthorized', 401],
    ['forbidden', 403],
    ['not-found', 404],
    ['conflict', 409],
    ['in-use', 409],
    ['too-large', 413],
    ['unsupported', 415],
    ['unavailable', 503],
  ] as const)('%s is %d with its message', async (name, status) => {
    const answer = await fails(new AppError(name, 'what to do'));
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: { code: name, message: 'what to do' } });
    expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    expect(answer.headers.get('retry-after')).toBe(status === 503 ? '2' : null);
  });

  test('is that the server is busy where more stands still than is bounded, and comes again after', async () => {
    let begun = 0;
    const end = Promise.withResolvers<object>();
    const route = handler(() => {
      begun += 1;
      return end.promise;
    });
    const request = () => route(new Request('http://127.0.0.1/'));
    const asked = Array.from({ length: 100 }, request);
    const refused = await Promise.all(asked.slice(32));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
    expect(refused[0]?.headers.get('retry-after')).toBe('2');
    expect(begun).toBe(32);
    end.resolve({});
    const answered = await Promise.all(asked.slice(0, 32));
    expect(new Set(answered.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await request()).status).toBe(200);
  });

  test.each([
    new Error('password=hunter2 at /srv/secret'),
    new AppError('internal', 'password=hunter2'),
    'password=hunter2',
    undefined,
  ])('an unknown fault is 500 with a request id that the log has, and no detail', async (error) => {
    const log = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const answer = await fails(error);
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).not.toMatch(/hunter2|secret/);
    const { code: name, requestId } = JSON.parse(text).error;
    expect(name).toBe('internal');
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(log).toHaveBeenCalledWith(expect.stringContaining(requestId));
  });
});
