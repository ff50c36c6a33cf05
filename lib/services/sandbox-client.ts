/** The sandbox's control plane as its clients see it: a loopback HTTP server guarded by a token. */
import { z } from 'zod';
import { AppError, type AppErrorCode } from '../domain/app-error.ts';
import type { LabView, RunningLab } from '../shared/lab/lab-view.ts';

export interface SandboxState {
  now: number;
  speed: number;
  /** Its history is still being laid. */
  laying: boolean;
  keys: { key: string; enabled: boolean; disabledAt: number | null }[];
}

const accessShape = z.object({
  clouds: z.array(
    z.discriminatedUnion('cloud', [
      z.object({
        cloud: z.literal('aws'),
        endpoint: z.string(),
        region: z.string(),
        key: z.string(),
        credentials: z.object({
          accessKeyId: z.string(),
          secretAccessKey: z.string(),
          sessionToken: z.string(),
        }),
        reader: z.object({
          account: z.string(),
          credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
        }),
      }),
      z.object({
        cloud: z.literal('gcp'),
        endpoint: z.string(),
        restEndpoint: z.string(),
        project: z.string(),
        key: z.string(),
        loggingEndpoint: z.string(),
        adminUrl: z.string(),
      }),
      z.object({
        cloud: z.literal('azure'),
        endpoint: z.string(),
        key: z.string(),
        tenantId: z.string(),
        token: z.string(),
        readerToken: z.string(),
        workspaceId: z.string(),
        storage: z.object({ account: z.string(), key: z.string() }),
      }),
    ]),
  ),
  otlp: z.object({ url: z.string(), token: z.string() }),
});

/** How an engine of one's own reaches the sandbox's clouds, and the dashboard with its telemetry. */
export type SandboxAccess = z.infer<typeof accessShape>;

export interface SandboxClient {
  state(): Promise<SandboxState>;
  /** @throws {AppError} `unavailable` also where the sandbox is not ready for it. */
  access(): Promise<SandboxAccess>;
  setKey(key: string, enabled: boolean): Promise<SandboxState>;
  setSpeed(speed: number): Promise<SandboxState>;
  /** @throws {AppError} `unavailable` while its history is laid. */
  labs(): Promise<{ labs: RunningLab[] }>;
  /** @throws {AppError} `conflict` where as many run as may. */
  beginLab(config: unknown): Promise<LabView>;
  /** @throws {AppError} `not-found` */
  lab(id: string): Promise<LabView>;
  /** @throws {AppError} `not-found`, `bad-request` */
  orderLab(id: string, order: unknown): Promise<LabView | { labs: RunningLab[] }>;
}

const timeoutMs = 5_000;
/** A lab begins with days of messages; an order to read all of them takes a while too. */
const labTimeoutMs = 25_000;
const codes = new Map<number, AppErrorCode>([
  [404, 'not-found'],
  [409, 'conflict'],
  [503, 'unavailable'],
]);

const labPath = (id: string) => `/labs/${encodeURIComponent(id)}`;

export function sandboxClient(at: { url: string; token: string }): SandboxClient {
  const call = async <T = SandboxState>(
    path: string,
    body?: unknown,
    waitMs = timeoutMs,
  ): Promise<T> => {
    let response: Response;
    try {
      response = await fetch(`${at.url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${at.token}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(waitMs),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new AppError('unavailable', 'The sandbox does not answer; start Keytide again.', {
        cause,
      });
    }
    // The control server is a part of the same release.
    const answer = (await response.json()) as T & { error?: string };
    if (response.ok) return answer;
    const code = codes.get(response.status) ?? 'bad-request';
    throw new AppError(code, answer.error ?? `The sandbox answered ${response.status}.`);
  };
  return {
    state: () => call('/state'),
    access: async () => accessShape.parse(await call<unknown>('/access')),
    setKey: (key, enabled) => call('/key', { key, enabled }),
    setSpeed: (speed) => call('/clock', { speed }),
    labs: () => call('/labs'),
    beginLab: (config) => call('/labs', config, labTimeoutMs),
    lab: (id) => call(labPath(id), undefined, labTimeoutMs),
    orderLab: (id, order) => call(labPath(id), order, labTimeoutMs),
  };
}
