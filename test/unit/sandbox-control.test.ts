import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Controlled, startControlServer } from '../../lib/sandbox/control-server.ts';
import { sandboxClient } from '../../lib/services/sandbox-client.ts';

const token = 'the-control-token';
const state = {
  now: 7,
  speed: 60,
  laying: false,
  keys: [{ key: 'k', enabled: true, disabledAt: null }],
};
const granted = {
  clouds: [
    {
      ...{
        cloud: 'aws' as const,
        endpoint: 'http://127.0.0.1:9',
        region: 'eu-central-1',
        key: 'k',
      },
      credentials: { accessKeyId: 'ASIA', secretAccessKey: 's', sessionToken: 't' },
      reader: { account: '1', credentials: { accessKeyId: 'AKIA', secretAccessKey: 'r' } },
    },
  ],
  otlp: { url: 'http://127.0.0.1:8/api/otlp', token: 'the-ingest-token' },
};
let access: typeof granted | null = granted;
let orders: unknown[];
let control: Awaited<ReturnType<typeof startControlServer>>;

const controlled: Controlled = {
  state: () => state,
  access: () => access,
  setKey: (key, enabled) => {
    if (key !== 'k') throw new RangeError(`The sandbox has no key ${key}.`);
    orders.push({ key, enabled });
  },
  labs: () => null,
  setSpeed: (speed) => {
    if (speed > 3600) throw new Error('hunter2');
    orders.push({ speed });
  },
};

beforeEach(async () => {
  orders = [];
  control = await startControlServer(controlled, token);
});

afterEach(() => control.close());

function ask(path: string, body?: string, authorization = `Bearer ${token}`): Promise<Response> {
  return fetch(`${control.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(authorization && { authorization }), connection: 'close' },
    ...(body !== undefined && { body }),
  });
}

describe('the control plane', () => {
  test('tells its state and takes the orders it knows', async () => {
    expect(await (await ask('/state')).json()).toEqual(state);
    const answers = [
      await ask('/key', '{"key":"k","enabled":false}'),
      await ask('/clock', '{"speed":0}'),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual(state);
    }
    expect(orders).toEqual([{ key: 'k', enabled: false }, { speed: 0 }]);
  });

  test.each(['', 'Bearer', `Bearer ${token}x`, 'Bearer x', token, `Basic ${token}`])(
    'answers 401 to %j and does nothing',
    async (authorization) => {
      for (const body of [undefined, '{"speed":1}']) {
        const answer = await ask(body === undefined ? '/access' : '/clock', body, authorization);
        expect(answer.status).toBe(401);
        const text = await answer.text();
        for (const secret of [token, 'ASIA', 'ingest']) expect(text).not.toContain(secret);
      }
      expect(orders).toEqual([]);
    },
  );

  test.each([
    ['/key', '{"key":"k"}'],
    ['/key', '{"key":7,"enabled":true}'],
    ['/key', '{"key":"elsewhere","enabled":true}'],
    ['/clock', '{"speed":"fast"}'],
    ['/clock', 'null'],
    ['/clock', '[]'],
    ['/clock', '{'],
    ['/clock', ''],
    ['/state', '{"speed":1}'],
    ['/elsewhere', '{}'],
    ['/clock', `{"speed":1,"x":"${'x'.repeat(5_000)}"}`],
  ])('answers 400 to %s %.40s and does nothing', async (path, body) => {
    const answer = await ask(path, body);
    expect(answer.status).toBe(400);
    expect((await answer.json()).error).toMatch(/\w/);
    expect(orders).toEqual([]);
  });

  test('has nothing else to read, and keeps a failure’s detail to itself', async () => {
    expect((await ask('/secrets')).status).toBe(404);
    const failed = await ask('/clock', '{"speed":9999}');
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain('hunter2');
  });
});

describe('the dashboard’s client of it', () => {
  test('reads and orders', async () => {
    const client = sandboxClient({ url: control.url, token });
    expect(await client.state()).toEqual(state);
    expect(await client.setKey('k', true)).toEqual(state);
    expect(await client.setSpeed(60)).toEqual(state);
    expect(orders).toEqual([{ key: 'k', enabled: true }, { speed: 60 }]);
  });

  test('reads how an engine reaches the cloud, once there is one', async () => {
    const client = sandboxClient({ url: control.url, token });
    expect(await client.access()).toEqual(granted);
    access = null;
    await expect(client.access()).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The sandbox is still laying its history; try again in a minute.',
    });
    access = granted;
  });

  test('passes a refusal on, and says what to do where nobody answers', async () => {
    const client = sandboxClient({ url: control.url, token });
    await expect(client.setKey('other', true)).rejects.toMatchObject({
      code: 'bad-request',
      message: 'The sandbox has no key other.',
    });
    const nobody = sandboxClient({ url: 'http://127.0.0.1:1', token });
    await expect(nobody.state()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('start Keytide again'),
    });
  });
});
