import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError, fetchView } from '../../components/hooks/fetch-view.ts';

beforeEach(() => {
  vi.useFakeTimers();
  // Node's own timer of a signal is not a faked one.
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new DOMException('late', 'TimeoutError')), ms);
    return controller.signal;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const hangs = (_: string, { signal }: { signal: AbortSignal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

describe('an answer that does not come', () => {
  test('is said after half a minute, so that no page shows its skeleton for ever', async () => {
    vi.stubGlobal('fetch', hangs);
    const asked = fetchView('/api/explain').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(29_000);
    await expect(Promise.race([asked, 'waiting'])).resolves.toBe('waiting');
    await vi.advanceTimersByTimeAsync(2_000);
    const error = await asked;
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('30 s') });
  });

  test('whose body stands still is said as well', async () => {
    vi.stubGlobal('fetch', (_: string, init: { signal: AbortSignal }) =>
      Promise.resolve({ ok: true, status: 200, json: () => hangs('', init) }),
    );
    const asked = fetchView('/api/explain').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(await asked).toMatchObject({ code: 'unavailable' });
  });

  test('and is no longer wanted stays what it is: an abort', async () => {
    vi.stubGlobal('fetch', hangs);
    const controller = new AbortController();
    const asked = fetchView('/api/explain', {}, { signal: controller.signal }).catch(
      (error: unknown) => error,
    );
    controller.abort();
    expect(await asked).toMatchObject({ name: 'AbortError' });
  });
});
