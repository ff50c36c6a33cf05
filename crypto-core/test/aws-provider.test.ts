import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine, KmsFault, type KmsRequest, memoryDirectory } from '../src/index.ts';
import { awsProvider } from '../src/providers/aws.ts';
import { codeOf, keyUri, ListeningSink } from './support.ts';

const request: KmsRequest = {
  keyUri,
  context: { workspace: 'acme', dekId: '00'.repeat(16) },
  claim: 'keytide/1#api-1.boot0001.1.1#load.first#0011223344556677',
  signal: new AbortController().signal,
};
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

/** How the server answers a whole request: with text, not at all, or with a reset. */
type Answer = { status: number; type?: string; body?: object } | 'silence' | 'reset';

/** A server of plain sockets: it can break connections in ways in which no HTTP server does. */
class Loopback {
  readonly heads: string[] = [];
  answer: Answer = 'silence';
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  async start(): Promise<void> {
    this.#server = createServer((socket) => this.#serve(socket));
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    const address = this.#server?.address();
    if (address === null || typeof address !== 'object') throw new Error('it does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('latin1');
      const [head = '', body] = text.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (body === undefined || body.length < length) return;
      text = '';
      this.heads.push(head);
      this.#reply(socket);
    });
  }

  #reply(socket: Socket): void {
    const { answer } = this;
    if (answer === 'silence') return;
    if (answer === 'reset') {
      socket.resetAndDestroy();
      return;
    }
    const type = answer.type === undefined ? {} : { __type: answer.type, message: 'no' };
    const body = JSON.stringify({ ...answer.body, ...type });
    const lines = [
      `HTTP/1.1 ${answer.status} Status`,
      'content-type: application/x-amz-json-1.1',
      'x-amzn-requestid: request-7',
      `content-length: ${body.length}`,
    ];
    socket.end(`${lines.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`);
  }
}

const server = new Loopback();
beforeAll(() => server.start());
afterAll(() => server.stop());

type Config = NonNullable<Parameters<typeof awsProvider>[0]>;

async function faultWith(answer: Answer, config: Config = {}): Promise<KmsFault> {
  server.answer = answer;
  const provider = awsProvider({
    region: 'eu-central-1',
    endpoint: server.url,
    credentials,
    requestHandler: {
      requestTimeout: answer === 'silence' ? 150 : 5_000,
      throwOnRequestTimeout: true,
    },
    ...config,
  });
  try {
    await provider.unwrap(Buffer.alloc(48), request);
  } catch (error) {
    if (error instanceof KmsFault) return error;
    throw error;
  } finally {
    provider.close?.();
  }
  throw new Error('it should have failed');
}

/** An error as the SDK's STS client throws it. */
function stsError(name: string, status: number): Error {
  const error = new Error(`${name}: User is not authorized to perform: sts:AssumeRole`);
  error.name = name;
  return Object.assign(error, {
    $fault: 'client',
    $metadata: { httpStatusCode: status, requestId: 'sts-request' },
  });
}

const throwing = (error: Error): Config => ({
  credentials: async () => {
    throw error;
  },
});

describe('the AWS provider says', () => {
  test.each([
    ['AccessDeniedException', 400, 'denied'],
    ['DisabledException', 400, 'denied'],
    ['KMSInvalidStateException', 400, 'outage'],
    ['NotFoundException', 400, 'denied'],
    ['InvalidKeyUsageException', 400, 'denied'],
    ['InvalidCiphertextException', 400, 'wrong-key'],
    ['IncorrectKeyException', 400, 'wrong-key'],
    ['ThrottlingException', 400, 'outage'],
    ['LimitExceededException', 400, 'outage'],
    ['KeyUnavailableException', 500, 'outage'],
    ['KMSInternalException', 500, 'outage'],
    ['DependencyTimeoutException', 503, 'outage'],
    ['ExpiredTokenException', 400, 'outage'],
    ['UnrecognizedClientException', 400, 'outage'],
  ])(
    'of %s (%i) that it is %s, sent, with the request id of the answer',
    async (type, status, kind) => {
      const fault = await faultWith({ status, type });
      expect(fault).toMatchObject({ kind, reason: type, sent: true, requestId: 'request-7' });
      expect(fault.httpStatus).toBe(status);
    },
  );

  test('of a 5xx without a word that it is an outage', async () => {
    expect(await faultWith({ status: 502 })).toMatchObject({ kind: 'outage', sent: true });
  });

  test('of an answer without a plaintext that it is an outage', async () => {
    const fault = await faultWith({ status: 200, body: { KeyId: keyUri } });
    expect(fault).toMatchObject({ kind: 'outage', reason: 'EmptyAnswer', sent: true });
  });

  test.each(['reset', 'silence'] as const)(
    'of %s after the request that it is an outage, sent',
    async (answer) => {
      const before = server.heads.length;
      const fault = await faultWith(answer);
      expect(fault).toMatchObject({ kind: 'outage', sent: true });
      expect(fault.reason).toMatch(answer === 'reset' ? /ECONNRESET/ : /TIMEDOUT|Timeout/);
      expect(server.heads).toHaveLength(before + 1);
    },
  );

  test('of a port where nobody listens that it was never sent', async () => {
    const fault = await faultWith('silence', { endpoint: 'http://127.0.0.1:1' });
    expect(fault).toMatchObject({ kind: 'outage', reason: 'ECONNREFUSED', sent: false });
  });

  test.each([
    ['thrown as it is', stsError('AccessDenied', 403)],
    ['wrapped', new Error('could not assume', { cause: stsError('AccessDenied', 403) })],
  ])('of a role that STS refuses, %s, that it is a denial never sent', async (_, error) => {
    const before = server.heads.length;
    const fault = await faultWith('silence', throwing(error));
    expect(fault).toMatchObject({ kind: 'denied', reason: 'AccessDenied', sent: false });
    expect(fault.requestId).toBeUndefined();
    expect(server.heads).toHaveLength(before);
  });

  test.each([
    ['expired', stsError('ExpiredTokenException', 400)],
    ['missing', Object.assign(new Error('none'), { name: 'CredentialsProviderError' })],
    ['throttled', stsError('Throttling', 400)],
  ])('of our own credentials %s that it is an outage never sent', async (_, error) => {
    const before = server.heads.length;
    const fault = await faultWith('silence', throwing(error));
    expect(fault).toMatchObject({ kind: 'outage', sent: false });
    expect(server.heads).toHaveLength(before);
  });
});

test('an AWS request carries its claim in the user agent and one attempt is one request', async () => {
  const before = server.heads.length;
  await faultWith({ status: 500, type: 'KMSInternalException' });
  expect(server.heads).toHaveLength(before + 1);
  expect(server.heads.at(-1)).toMatch(new RegExp(`user-agent: .* ${request.claim}\r?\n`, 'i'));
});

test('an engine whose role STS refuses fails closed, with no attempt sent', async () => {
  const sink = new ListeningSink();
  const engine = createEngine({
    provider: awsProvider({
      region: 'eu-central-1',
      endpoint: server.url,
      ...throwing(stsError('AccessDenied', 403)),
    }),
    directory: memoryDirectory(),
    keyFor: () => keyUri,
    process: 'api-1',
    telemetry: [sink],
  });
  expect(await codeOf(engine.encrypt(Buffer.from('body'), { workspace: 'acme' }))).toBe('denied');
  expect(sink.last()).toMatchObject({ outcome: 'denied', attempts: [{ sent: false }] });
  await engine.close();
});
