import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type LookupOptions,
  type LookupPage,
  lookupEvents,
} from '../../lib/sources/cloudtrail/lookup-events.ts';

interface Answer {
  status?: number;
  body: Record<string, unknown>;
}
interface Request {
  target: string | undefined;
  body: Record<string, unknown>;
}

const requests: Request[] = [];
const waits: number[] = [];
let answers: Answer[] = [];
let client: CloudTrailClient;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body: Record<string, unknown> = JSON.parse(Buffer.concat(chunks).toString());
    requests.push({ target: request.headers['x-amz-target']?.toString(), body });
    const answer = answers.shift() ?? { body: { Events: [] } };
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer.body));
  });
});

function clientOf(endpoint: string): CloudTrailClient {
  const credentials = { accessKeyId: 'made-up', secretAccessKey: 'made-up' };
  return new CloudTrailClient({ region: 'eu-west-1', endpoint, credentials, maxAttempts: 1 });
}

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = clientOf(`http://127.0.0.1:${port}`);
});

afterEach(async () => {
  client.destroy();
  requests.length = 0;
  waits.length = 0;
  answers = [];
  await new Promise((resolve) => server.close(resolve));
});

function options(change: Partial<LookupOptions> = {}): LookupOptions {
  return {
    client,
    fromMs: Date.UTC(2025, 2, 5, 21),
    toMs: Date.UTC(2025, 2, 5, 22) + 1,
    pagesMax: 10,
    sleep: async (ms) => void waits.push(ms),
    random: () => 1,
    ...change,
  };
}

async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of from) all.push(one);
  return all;
}

async function pages(change?: Partial<LookupOptions>): Promise<LookupPage[]> {
  return collect(lookupEvents(options(change)));
}

function event(id: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  const record = {
    eventSource: 'kms.amazonaws.com',
    eventID: id,
    eventName: 'Decrypt',
    eventTime: '2025-03-05T21:19:44Z',
    ...change,
  };
  return { EventId: id, EventTime: 1741209584, CloudTrailEvent: JSON.stringify(record, null, 1) };
}

const throttle: Answer = { status: 400, body: { __type: 'ThrottlingException', message: 'slow' } };

describe('lookupEvents', () => {
  test('asks by event source, whole seconds, 50 a page, and follows the token', async () => {
    answers = [
      { body: { Events: [event('e1')], NextToken: 'more' } },
      { body: { Events: [event('e2')] } },
    ];
    const found = await pages();
    expect(found.flatMap((page) => page.records.map((record) => record.eventId))).toEqual([
      'e1',
      'e2',
    ]);
    expect(found.map((page) => page.truncated)).toEqual([false, false]);
    const asked = {
      LookupAttributes: [{ AttributeKey: 'EventSource', AttributeValue: 'kms.amazonaws.com' }],
      StartTime: Date.UTC(2025, 2, 5, 21) / 1000,
      EndTime: Date.UTC(2025, 2, 5, 22) / 1000 + 1,
      MaxResults: 50,
    };
    expect(requests).toEqual([
      { target: 'CloudTrail_20131101.LookupEvents', body: asked },
      { target: 'CloudTrail_20131101.LookupEvents', body: { ...asked, NextToken: 'more' } },
    ]);
    expect(waits).toEqual([500]);
  });

  test('keeps the inner record verbatim', async () => {
    const given = event('e1');
    answers = [{ body: { Events: [given] } }];
    expect((await pages())[0]?.records[0]?.raw).toBe(given.CloudTrailEvent);
  });

  test('counts what it ignores and names what it rejects', async () => {
    answers = [
      {
        body: {
          Events: [
            event('e1', { eventType: 'AwsVpceEvent' }),
            { EventId: 'e2', CloudTrailEvent: '{' },
            { EventId: 'e3' },
            event('', {}),
          ],
        },
      },
    ];
    expect(await pages()).toEqual([
      {
        records: [],
        ignored: { vpce: 1 },
        rejected: [
          expect.objectContaining({ file: 'LookupEvents page 1', offset: 1 }),
          expect.objectContaining({ offset: 2 }),
          expect.objectContaining({ offset: 3, reason: expect.stringContaining('no eventID') }),
        ],
        truncated: false,
      },
    ]);
  });

  test('says that it is behind where pages remain past pagesMax', async () => {
    answers = [{ body: { Events: [], NextToken: 'a' } }, { body: { Events: [], NextToken: 'b' } }];
    expect((await pages({ pagesMax: 2 })).map((page) => page.truncated)).toEqual([false, true]);
    expect(requests).toHaveLength(2);
  });

  test('waits longer after each throttled request, then goes on', async () => {
    answers = [throttle, throttle, { body: { Events: [event('e1')] } }];
    expect((await pages())[0]?.records).toHaveLength(1);
    expect(waits).toEqual([1000, 2000]);
  });

  test('gives up once the budget of waits is spent', async () => {
    answers = [throttle, throttle, throttle];
    const run = pages({ throttlesMax: 2 });
    await expect(run).rejects.toMatchObject({ name: 'AppError', code: 'unavailable' });
    expect(requests).toHaveLength(3);
  });

  test.each([
    ['AccessDeniedException', 'forbidden', 'cloudtrail:LookupEvents'],
    ['UnrecognizedClientException', 'unauthorized', 'renew them'],
    ['ExpiredTokenException', 'unauthorized', 'renew them'],
    ['InvalidTimeRangeException', 'bad-request', '90 days'],
    ['InternalFailure', 'unavailable', 'try again'],
  ])('%s is reported as %s with what to do', async (type, code, words) => {
    answers = [{ status: 400, body: { __type: type, message: 'secret-looking detail' } }];
    const fault = await pages().catch((cause: unknown) => cause);
    expect(fault).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(String(fault)).not.toContain('secret-looking');
  });

  test('an endpoint that does not answer is unreachable', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await new Promise((resolve) => other.close(resolve));
    const run = pages({ client: clientOf(`http://127.0.0.1:${port}`) });
    await expect(run).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('without credentials says so', async () => {
    const bare = new CloudTrailClient({
      region: 'eu-west-1',
      credentials: async () => {
        throw Object.assign(new Error('none'), { name: 'CredentialsProviderError' });
      },
    });
    await expect(pages({ client: bare })).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test.each([{ pagesMax: 0 }, { toMs: 0 }])('%j is wrong use', async (change) => {
    await expect(pages(change)).rejects.toMatchObject({ code: 'bad-request' });
  });
});
