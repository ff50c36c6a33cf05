/** The sandbox's control plane as the dashboard sees it: a loopback HTTP server guarded by a token. */
import { AppError } from '../domain/app-error.ts';

export interface SandboxState {
  now: number;
  speed: number;
  keys: { key: string; enabled: boolean; disabledAt: number | null }[];
}

export interface SandboxClient {
  state(): Promise<SandboxState>;
  setKey(key: string, enabled: boolean): Promise<SandboxState>;
  setSpeed(speed: number): Promise<SandboxState>;
}

const timeoutMs = 5_000;

export function sandboxClient(at: { url: string; token: string }): SandboxClient {
  const call = async (path: string, body?: object): Promise<SandboxState> => {
    let response: Response;
    try {
      response = await fetch(`${at.url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${at.token}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(timeoutMs),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new AppError('unavailable', 'The sandbox does not answer; start Keytide again.', {
        cause,
      });
    }
    const answer = (await response.json()) as SandboxState & { error?: string };
    if (response.ok) return answer;
    const code = response.status === 404 ? 'not-found' : 'bad-request';
    throw new AppError(code, answer.error ?? `The sandbox answered ${response.status}.`);
  };
  return {
    state: () => call('/state'),
    setKey: (key, enabled) => call('/key', { key, enabled }),
    setSpeed: (speed) => call('/clock', { speed }),
  };
}
