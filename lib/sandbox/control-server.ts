/** The sandbox's control plane: a loopback HTTP server that tells its state and takes a few orders, behind a token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerLabs } from './lab/lab-control.ts';
import { LabGone, type LabHouse, LabsFull } from './lab/lab-house.ts';
import type { CloudAccess } from './sides/side.ts';

export interface ControlState {
  now: number;
  speed: number;
  /** Its history is still being laid. */
  laying: boolean;
  keys: { key: string; enabled: boolean; disabledAt: number | null }[];
}

/** How an engine of the host's own reaches the sandbox's clouds and the dashboard. */
export interface ControlAccess {
  clouds: CloudAccess[];
  otlp: { url: string; token: string };
}

export interface Controlled {
  state(): ControlState;
  /** Null while there is no cloud to call yet. */
  access(): ControlAccess | null;
  /** @throws {RangeError} where the key is not the sandbox's. */
  setKey(key: string, enabled: boolean): void;
  /** @throws {RangeError} outside 0 to 3600. @throws {StillLaying} */
  setSpeed(speed: number): void;
  /** Null while the sandbox is too busy to run labs. */
  labs(): LabHouse | null;
}

const bodyBytesMax = 4096;
const failed = 'The sandbox failed.';
const stillLaying = 'The sandbox is still laying its history; try again in a minute.';

/** What was asked for has to wait for that. */
export class StillLaying extends Error {
  override message = stillLaying;
}

const digest = (text: string) => createHash('sha256').update(text).digest();

export async function startControlServer(
  controlled: Controlled,
  token: string,
): Promise<{ url: string; close(): Promise<void> }> {
  const expected = digest(`Bearer ${token}`);
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    try {
      if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
        return answer(401, { error: 'The control token is missing or wrong.' });
      }
      const path = request.url ?? '';
      const body = request.method === 'POST' ? await readBody(request) : null;
      if (path === '/labs' || path.startsWith('/labs/')) {
        const labs = controlled.labs();
        if (labs === null) return answer(503, { error: stillLaying });
        const told = await answerLabs(labs, path, body);
        return told === null ? answer(404, { error: 'There is nothing.' }) : answer(200, told);
      }
      if (body !== null) {
        carryOut(controlled, path, body);
      } else if (path === '/access') {
        const access = controlled.access();
        return access === null ? answer(503, { error: stillLaying }) : answer(200, access);
      } else if (path !== '/state') {
        return answer(404, { error: 'There are only /state and /access to read.' });
      }
      answer(200, controlled.state());
    } catch (error) {
      const status = statusOf(error);
      answer(status, { error: error instanceof Error && status !== 500 ? error.message : failed });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  // The server listens on TCP, so its address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}`, close };
}

function statusOf(error: unknown): number {
  if (error instanceof StillLaying) return 503;
  if (error instanceof LabGone) return 404;
  if (error instanceof LabsFull) return 409;
  return error instanceof RangeError || error instanceof SyntaxError ? 400 : 500;
}

function carryOut(controlled: Controlled, path: string, body: object): void {
  const [key, enabled, speed] = ['key', 'enabled', 'speed'].map((name) => Reflect.get(body, name));
  if (path === '/key' && typeof key === 'string' && typeof enabled === 'boolean') {
    controlled.setKey(key, enabled);
  } else if (path === '/clock' && typeof speed === 'number') {
    controlled.setSpeed(speed);
  } else {
    throw new RangeError('Not an order: /key takes {key, enabled}, /clock takes {speed}.');
  }
}

async function readBody(request: IncomingMessage): Promise<object> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > bodyBytesMax) throw new RangeError('The order is too long.');
  }
  const body: unknown = JSON.parse(text);
  if (typeof body !== 'object' || body === null) throw new RangeError('The order is no object.');
  return body;
}
