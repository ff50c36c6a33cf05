/** Which key a workspace has: at once or later, in one place or many. */
import { createServer, type IncomingMessage } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createEngine,
  type KekRouter,
  memoryDirectory,
  parseEnvelope,
  providerRouter,
} from '../src/index.ts';
import { awsProvider, awsRegionOf } from '../src/providers/aws.ts';
import { codeOf, FakeKms, failureOf, harness, minuteMs, outcomes } from './support.ts';

const plaintext = Buffer.from('body');

describe('a keyFor that answers later', () => {
  function asking(policy = {}) {
    const asked: string[] = [];
    let answer: (workspace: string) => Promise<string> = async (workspace) => `key/${workspace}`;
    const keyFor = (workspace: string) => {
      asked.push(workspace);
      return answer(workspace);
    };
    const made = harness({ keyFor, policy });
    return { ...made, asked, answers: (next: typeof answer) => (answer = next) };
  }

  test('is asked once for all who wait, and again after its time', async () => {
    const { engine, asked, runtime } = asking();
    const sealed = await Promise.all(
      [1, 2, 3].map(() => engine.encrypt(plaintext, { workspace: 'a' })),
    );
    expect(parseEnvelope(sealed[0] ?? plaintext).keyUri).toBe('key/a');
    await engine.decrypt(sealed[0] ?? plaintext, { workspace: 'a' });
    await engine.message({ workspace: 'a' }, async (message) => message.encrypt(plaintext));
    expect(await engine.validate('a')).toEqual({ ok: true, state: 'active' });
    expect(asked).toEqual(['a']);
    runtime.advance(minuteMs);
    await engine.encrypt(plaintext, { workspace: 'a' });
    expect(asked).toEqual(['a', 'a']);
    expect(outcomes(engine)).toMatchObject({ 'encrypt miss': 1, 'encrypt coalesced': 2 });
  });

  test('that says another key is obeyed when it is asked again', async () => {
    const { engine, answers, runtime } = asking();
    await engine.encrypt(plaintext, { workspace: 'a' });
    answers(async () => 'key/new');
    runtime.advance(minuteMs);
    const next = await engine.encrypt(plaintext, { workspace: 'a' });
    expect(parseEnvelope(next).keyUri).toBe('key/new');
  });

  test('takes a copy of what the caller may use again', async () => {
    const { engine } = asking({ keyMemoryMs: 0 });
    const body = Buffer.from('body');
    const sealing = engine.encrypt(body, { workspace: 'a' });
    body.fill(0);
    const envelope = Buffer.from(await sealing);
    const opening = engine.decrypt(envelope, { workspace: 'a' });
    envelope.fill(0);
    expect(await opening).toEqual(plaintext);
  });

  test('that fails ends those who wait with its own error, and is asked again', async () => {
    const { engine, answers, asked } = asking();
    answers(async () => Promise.reject(new Error('no such workspace')));
    const both = await Promise.allSettled(
      [1, 2].map(() => engine.encrypt(plaintext, { workspace: 'a' })),
    );
    expect(both.map((one) => one.status === 'rejected' && one.reason.message)).toEqual(
      Array(2).fill('no such workspace'),
    );
    answers(async () => 'key/a');
    await engine.encrypt(plaintext, { workspace: 'a' });
    expect(asked).toHaveLength(2);
  });

  test('that never answers holds up its own workspace only, and no longer than any port', async () => {
    const { engine, answers, runtime } = asking();
    answers((workspace) => (workspace === 'a' ? new Promise(() => {}) : Promise.resolve('key/b')));
    const stuck = failureOf(engine.encrypt(plaintext, { workspace: 'a' }));
    await engine.encrypt(plaintext, { workspace: 'b' });
    runtime.timeOut();
    expect(await stuck).toMatchObject({ code: 'unavailable', retryable: true });
  });

  test('can be waited for until the caller gives up, and no further', async () => {
    const { engine, answers } = asking();
    const answer = Promise.withResolvers<string>();
    answers(() => answer.promise);
    const leaving = new AbortController();
    const { signal } = leaving;
    const aborted = codeOf(engine.encrypt(plaintext, { workspace: 'a', signal }));
    const patient = engine.encrypt(plaintext, { workspace: 'a' });
    const others = Array.from({ length: 5_000 }, () =>
      engine.encrypt(plaintext, { workspace: 'a' }),
    );
    const ends = others.map((one) => one.then(() => 'sealed').catch(({ code }) => code));
    await turn();
    leaving.abort();
    expect(await aborted).toBe('aborted');
    answer.resolve('key/a');
    await patient;
    const counted = (await Promise.all(ends)).filter((end) => end === 'overloaded').length;
    expect(counted).toBe(5_000 - 4_096 + 2);
  });

  test.each([[7], [''], ['x'.repeat(2_049)], [undefined]])(
    'that gives %j is refused by name',
    async (given) => {
      const { engine, answers } = asking();
      answers(async () => given as unknown as string);
      await expect(engine.encrypt(plaintext, { workspace: 'a' })).rejects.toThrow(/^keyFor/);
    },
  );
});

describe('a router of providers', () => {
  const routed = (providersMax?: number) => {
    const opened: string[] = [];
    const closed: string[] = [];
    const kms = new FakeKms();
    const provider: KekRouter = providerRouter({
      routeOf: (keyUri): string => {
        if (!keyUri.startsWith('cloud-')) throw new TypeError(`nobody reaches ${keyUri}`);
        return keyUri.split(':')[0] ?? '';
      },
      open: (keyUri, route) => {
        opened.push(`${route} for ${keyUri}`);
        return {
          name: route,
          wrap: kms.wrap.bind(kms),
          unwrap: kms.unwrap.bind(kms),
          close: () => {
            closed.push(route);
            throw new Error('it does not matter');
          },
        };
      },
      ...(providersMax !== undefined && { providersMax }),
    });
    const keyFor = (workspace: string) => `${workspace}:key/1`;
    return { ...harness({ provider, keyFor }), opened, closed };
  };

  test('makes one provider a route, tells its name, and closes all with the engine', async () => {
    const { engine, sink, opened, closed } = routed();
    for (const workspace of ['cloud-1', 'cloud-2', 'cloud-1'])
      await engine.encrypt(plaintext, { workspace });
    expect(await engine.validate('cloud-2')).toEqual({ ok: true, state: 'active' });
    expect(opened).toEqual(['cloud-1 for cloud-1:key/1', 'cloud-2 for cloud-2:key/1']);
    expect(sink.calls.map((call) => call.provider)).toEqual([
      'cloud-1',
      'cloud-2',
      'cloud-2',
      'cloud-2',
    ]);
    await engine.close();
    expect(closed).toEqual(['cloud-1', 'cloud-2']);
  });

  test('keeps so many open, the one used longest ago goes', async () => {
    const { engine, opened, closed } = routed(2);
    for (const n of [1, 2, 1, 3]) await engine.validate(`cloud-${n}`);
    expect(opened).toHaveLength(3);
    expect(closed).toEqual(['cloud-2']);
  });

  test('that reaches nobody for a key says so, and no operation is counted', async () => {
    const { engine } = routed();
    await expect(engine.encrypt(plaintext, { workspace: 'home' })).rejects.toThrow(
      'nobody reaches',
    );
    expect(outcomes(engine)).toEqual({});
  });

  test.each([
    [{ routeOf: 7, open: String }, 'routeOf'],
    [{ routeOf: String, open: undefined }, 'open'],
    [{ routeOf: String, open: String, providersMax: 0 }, 'providersMax'],
  ])('is refused by name where it cannot work', (options, named) => {
    expect(() => providerRouter(options as never)).toThrow(named);
  });
});

/** AWS with a region and a role for each customer. The test sees what the SDK sends; the server refuses everything. */
describe('AWS keys of two regions and two customers', () => {
  const seen: { region: string; accessKey: string; role: string | undefined }[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const [, accessKey = '', region = ''] =
      /Credential=([^/]+)\/\d+\/([^/]+)\/kms/.exec(request.headers.authorization ?? '') ?? [];
    seen.push({ region, accessKey, role: undefined });
    request.resume().on('end', () => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ __type: 'AccessDeniedException', message: 'no' }));
    });
  });
  beforeAll(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)));
  afterAll(() => new Promise((done) => server.close(done)));

  test('are asked in their own region with their own credentials, assumed once each', async () => {
    const address = server.address();
    const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const keys = new Map([
      ['acme', 'arn:aws:kms:eu-central-1:111122223333:key/1'],
      ['beta', 'arn:aws:kms:us-east-1:444455556666:key/2'],
      ['acme-eu', 'arn:aws:kms:eu-central-1:111122223333:key/3'],
    ]);
    const assumed: string[] = [];
    /** Credentials as `fromTemporaryCredentials({ params: { RoleArn } })` gives them. */
    const roleOf = (account: string) => async () => {
      assumed.push(account);
      const expiration = new Date(Date.now() + 900_000);
      return { accessKeyId: `AKID${account}`, secretAccessKey: 's', sessionToken: 't', expiration };
    };
    const accountOf = (arn: string) => arn.split(':')[4] ?? '';
    const engine = createEngine({
      provider: providerRouter({
        routeOf: (arn) => JSON.stringify([awsRegionOf(arn), accountOf(arn)]),
        open: (arn) =>
          awsProvider({
            region: awsRegionOf(arn),
            endpoint,
            credentials: roleOf(accountOf(arn)),
          }),
      }),
      directory: memoryDirectory(),
      keyFor: async (workspace) => keys.get(workspace) ?? '',
      process: 'api-1',
    });
    for (const workspace of keys.keys())
      expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('denied');
    await engine.close();
    expect(seen.map(({ region, accessKey }) => [region, accessKey])).toEqual([
      ['eu-central-1', 'AKID111122223333'],
      ['us-east-1', 'AKID444455556666'],
      ['eu-central-1', 'AKID111122223333'],
    ]);
    expect(assumed).toEqual(['111122223333', '444455556666']);
  });
});
