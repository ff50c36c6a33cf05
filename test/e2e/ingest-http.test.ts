import { createServer, get, request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallsView } from '../../lib/shared/dto.ts';
import {
  fromProtobuf,
  rpcStatus,
  toProtobuf,
  tracesRequest,
  tracesResponse,
} from '../support/otlp-proto.ts';
import { freePort, removeDir, runKeytide, scratchDir, startUp, type Up } from '../support/up.ts';

const span = (seq: number, overrides: Record<string, unknown> = {}) => ({
  traceId: 'a'.repeat(32),
  spanId: seq.toString(16).padStart(16, '0'),
  name: 'keytide.kms_call',
  startTimeUnixNano: '1700000000000000000',
  endTimeUnixNano: '1700000000000000000',
  attributes: Object.entries({
    'keytide.seq': seq,
    'keytide.at': 1_700_000_000_000,
    'keytide.workspace': 'w',
    'keytide.key': 'k',
    'keytide.cause': 'load.first',
    'rpc.method': 'Decrypt',
    'keytide.outcome': 'ok',
    'keytide.path': 'decrypt',
    'keytide.dek.id': 'd'.repeat(32),
    'keytide.generation': 0,
    'keytide.coalesced': 0,
    'keytide.attempts': 1,
    ...overrides,
  }).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: String(value) },
  })),
});

const request = (spans: object[]) => ({
  resourceSpans: [
    {
      resource: {
        attributes: [
          { key: 'keytide.process', value: { stringValue: 'p1' } },
          { key: 'keytide.boot', value: { stringValue: 'bootboot' } },
        ],
      },
      scopeSpans: [{ spans }],
    },
  ],
});

describe('OTLP over HTTP', () => {
  let up: Up;
  beforeAll(async () => {
    up = await startUp({ args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await up.stop();
    await removeDir(up.dir);
  });

  const post = (body: BodyInit, headers: Record<string, string> = {}) =>
    fetch(`${up.url}/api/otlp/v1/traces`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${up.token}`,
        ...headers,
      },
      body,
    });
  const totalCalls = async () => {
    const answer = await fetch(`${up.url}/api/explain?from=2023-11-14T00:00Z&to=2023-11-16T00:00Z`);
    const view = await answer.json();
    // Traces alone: how many lookups the calls served is not known, and so is no line of the ledger.
    const requests = view.ledger.lines.find((line: { id: string }) => line.id === 'attempts');
    return requests.terms.find((term: { id: string }) => term.id === 'calls').value;
  };

  it('refuses a missing or wrong token with 401 and says what to send', async () => {
    for (const authorization of ['', 'Bearer wrong', 'Basic x']) {
      const answer = await post(JSON.stringify(request([span(1)])), { authorization });
      expect(answer.status).toBe(401);
      expect((await answer.json()).error.message).toContain('authorization: Bearer');
    }
  });

  it('answers what is no JSON or no OTLP with 400 and the reason', async () => {
    const broken = await post('{"resourceSpans": [');
    expect(broken.status).toBe(400);
    expect((await broken.json()).error.message).toContain('no JSON');
    const other = await post('{"hello": 1}');
    expect(other.status).toBe(400);
    expect((await other.json()).error.message).toContain('resourceSpans must be an array');
  });

  it('answers another content type with 415 and an oversized body with 413', async () => {
    expect((await post('x', { 'content-type': 'text/plain' })).status).toBe(415);
    const large = await post(
      JSON.stringify({ resourceSpans: [], padding: 'x'.repeat(17 * 1024 * 1024) }),
    );
    expect(large.status).toBe(413);
    expect((await large.json()).error.message).toContain('smaller batches');
  });

  it('keeps the good spans of a batch, counts the rest, and counts a repeat once', async () => {
    const before = await totalCalls();
    const body = JSON.stringify(request([span(11), span(12, { 'keytide.cause': '' }), span(13)]));
    for (let time = 0; time < 2; time += 1) {
      const answer = await post(body);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({
        partialSuccess: { rejectedSpans: '1', errorMessage: 'keytide.cause is missing' },
      });
    }
    expect(await totalCalls()).toBe(before + 2);
  });

  it('takes protobuf, gzip too, for the same spans as JSON and answers it in protobuf', async () => {
    const before = await totalCalls();
    const spans = request([span(21), span(22, { 'keytide.cause': '' }), span(23)]);
    const bytes = toProtobuf(tracesRequest, spans);
    const headers = { 'content-type': 'application/x-protobuf' };
    for (const answer of [
      await post(bytes, headers),
      await post(gzipSync(bytes), { ...headers, 'content-encoding': 'gzip' }),
      await post(gzipSync(JSON.stringify(spans)), { 'content-encoding': 'gzip' }),
    ]) {
      expect(answer.status).toBe(200);
      const protobuf = answer.headers.get('content-type') === 'application/x-protobuf';
      const body = Buffer.from(await answer.arrayBuffer());
      expect(protobuf ? fromProtobuf(tracesResponse, body) : JSON.parse(body.toString())).toEqual({
        partialSuccess: { rejectedSpans: '1', errorMessage: 'keytide.cause is missing' },
      });
    }
    expect(await totalCalls()).toBe(before + 2);
  });

  it('reads 64-bit numbers of protobuf to the last digit, where a double would round', async () => {
    // As a double this end would be a microsecond later.
    const endTimeUnixNano = '1700000000001002999';
    const attempt = { ...span(31, { 'keytide.attempt': 1 }), endTimeUnixNano };
    const bytes = toProtobuf(tracesRequest, request([attempt]));
    const headers = { 'content-type': 'application/x-protobuf' };
    expect((await post(bytes, headers)).status).toBe(200);
    const calls = await fetch(`${up.url}/api/calls?from=2023-11-14T00:00Z&to=2023-11-16T00:00Z`);
    const { rows } = (await calls.json()) as CallsView;
    const durations = rows.map((row) => row.attempt?.durationMs);
    expect(durations).toEqual([expect.closeTo(1.002, 3)]);
  });

  it('tells a sender of protobuf its fault as google.rpc.Status', async () => {
    const answer = await post('{}', { 'content-type': 'application/x-protobuf' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      400,
      'application/x-protobuf',
    ]);
    expect(fromProtobuf(rpcStatus, Buffer.from(await answer.arrayBuffer()))).toMatchObject({
      code: 3,
      message: expect.stringContaining('ExportTraceServiceRequest in protobuf'),
    });
  });

  it('answers unknown paths of OTLP in the sender’s own form', async () => {
    const logs = (type: string) =>
      fetch(`${up.url}/api/otlp/v1/logs`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{}',
      });
    const json = await logs('application/json');
    expect([json.status, await json.json()]).toEqual([
      404,
      expect.objectContaining({ code: 5, message: expect.stringContaining('/api/otlp/v1/traces') }),
    ]);
    const protobuf = await logs('application/x-protobuf');
    expect(protobuf.status).toBe(404);
    const body = Buffer.from(await protobuf.arrayBuffer());
    expect(fromProtobuf(rpcStatus, body)).toMatchObject({ code: 5 });
  });

  /** By the socket: what a browser's fetch would never send. */
  const raw = (path: string, method = 'GET') =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const asked = httpRequest({ host: '127.0.0.1', port: up.port, path, method }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      asked.on('error', reject).end();
    });

  it.each([
    '/api/spikes/%E0%A4%A',
    '/api/spikes/%00',
    '/spikes/%E0%A4%A',
    '/api/explain?workspace=%00',
    '/api/explain?last=%00',
    '/api/pattern?key=a%00b',
    '/api/calls?principal=%00',
    '/api/calls?cursor=%00',
    `/api/calls?cursor=${'9'.repeat(15)}_x`,
    `/api/calls?cursor=1_${'x'.repeat(5_000)}`,
    `/api/calls?dek=${'x'.repeat(5_000)}`,
    '/api/audit-events?id=%00&at=1700000000000',
    '/api/choices?from=%00',
    '/api/report?key=%00',
    '/api/spikes/20260101T0000-20260101T0001?key=%00',
  ])('%.40s is refused with 400 and a reason, and nothing goes to the log', async (path) => {
    const before = up.stderr();
    const { status, text } = await raw(path);
    expect(status).toBe(400);
    expect(text).toMatch(/not well-formed|NUL|longer than|cursor/);
    expect(up.stderr()).toBe(before);
  });

  it.each(['TRACE', 'PROPFIND'])('%s is refused with 405 and a reason', async (method) => {
    const { status, text } = await raw('/api/explain', method);
    expect([status, text]).toEqual([405, `${method} is not answered here.\n`]);
  });

  it('serves pages that nobody caches, whose scripts are its own by file or nonce', async () => {
    const nonces = new Set<string>();
    for (const path of ['/', '/spikes', '/pattern', '/calls', '/nowhere']) {
      const page = await fetch(`${up.url}${path}`);
      expect(page.headers.get('cache-control')).toMatch(/no-store|no-cache/);
      expect(page.headers.get('cache-control')).not.toContain('s-maxage');
      const policy = page.headers.get('content-security-policy') ?? '';
      const nonce = /script-src 'self' 'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
      expect(/script-src[^;]*unsafe/.test(policy)).toBe(false);
      const inline = [...(await page.text()).matchAll(/<script(?![^>]*\bsrc=)([^>]*)>/g)];
      expect(inline.length).toBeGreaterThan(0);
      for (const [, attributes] of inline) expect(attributes).toContain(`nonce="${nonce}"`);
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(5);
  });

  it('refuses a change that another site asks for', async () => {
    const answer = await fetch(`${up.url}/api/sandbox/clock`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://elsewhere.example' },
      body: '{"speed": 1}',
    });
    expect(answer.status).toBe(403);
  });

  it('answers only to its own names', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { host: 'rebound.example' };
      get({ host: '127.0.0.1', port: up.port, path: '/api/explain', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(403);
  });

  it('a second start on the same directory names the holder and exits 1', async () => {
    const second = await runKeytide([
      'up',
      '--no-sandbox',
      '--port',
      String(await freePort()),
      '--data',
      up.dir,
    ]);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/is in use by keytide \(pid \d+/);
  });

  it('a port in use is named and exits 1', async () => {
    const port = await freePort();
    const holder = createServer().listen(port, '127.0.0.1');
    const dir = await scratchDir();
    const second = await runKeytide(['up', '--no-sandbox', '--port', String(port), '--data', dir]);
    holder.close();
    await removeDir(dir);
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain(`Port ${port} of 127.0.0.1 is in use`);
  });

  it('an unreachable database is named without its password and exits 1', async () => {
    const DATABASE_URL = `postgresql://someone:hidden@127.0.0.1:${await freePort()}/db`;
    const run = await runKeytide(['up', '--no-sandbox', '--port', String(await freePort())], {
      DATABASE_URL,
    });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('cannot be reached');
    expect(run.stderr).not.toContain('hidden');
  });

  it('the command attaches to the running owner', async () => {
    const run = await runKeytide(['explain', '--data', up.dir, '--json']);
    expect(run.code).toBe(0);
    expect(Object.keys(JSON.parse(run.stdout))).toEqual(
      expect.arrayContaining(['ledger', 'spikes', 'strangers', 'coverage', 'sentences']),
    );
  });
});
