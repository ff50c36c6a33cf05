import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { otlpSender } from '../src/telemetry/otlp.ts';
import { afterMs, nextSendMs } from '../src/telemetry/send-again.ts';
import { harness } from './support.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** A receiver that answers the nth request as planned, and when planned. */
interface Plan {
  status: number;
  afterMs: number;
  retryAfter?: string;
}

class SlowReceiver {
  /** Instants of the requests, and how many were being answered at once. */
  readonly at: number[] = [];
  readonly bytes: number[] = [];
  inFlight = 0;
  inFlightMost = 0;
  readonly #plan: (request: number) => Plan;

  constructor(plan: (request: number) => Plan) {
    this.#plan = plan;
  }

  readonly fetch = async (_: string, { body }: { body: string }) => {
    const { status, afterMs: ms, retryAfter } = this.#plan(this.at.length);
    this.at.push(Date.now());
    this.bytes.push(body.length);
    this.inFlight += 1;
    this.inFlightMost = Math.max(this.inFlightMost, this.inFlight);
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.inFlight -= 1;
    if (status === 0) throw new TypeError('fetch failed');
    return new Response('{}', { status, headers: retryAfter ? { 'retry-after': retryAfter } : {} });
  };

  get waits(): number[] {
    return this.at.slice(1).map((at, index) => at - (this.at[index] ?? 0));
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  // Node's own timer of an AbortSignal is not faked.
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function sendingTo(receiver: SlowReceiver, bounds: { callsMax?: number } = {}) {
  vi.stubGlobal('fetch', receiver.fetch);
  const sender = otlpSender({ url: 'http://127.0.0.1:1', flushEveryMs: secondMs, ...bounds });
  const { engine } = harness({ telemetry: [sender] });
  let made = 0;
  const work = async () => {
    made += 1;
    await engine.encrypt(Buffer.from('body'), { workspace: `workspace-${made}` });
  };
  return { engine, sender, work };
}

const ok: Plan = { status: 200, afterMs: 10 * secondMs };
const later: [string, Plan][] = [
  ['429', { status: 429, afterMs: 5 }],
  ['503', { status: 503, afterMs: 5 }],
  ['a refused connection', { status: 0, afterMs: 1 }],
  ['silence until the timeout', { status: 0, afterMs: 10 * secondMs }],
];

describe('a receiver that does not take what it is sent', () => {
  test.each(later)('is asked ever more seldom after %s: at last once a minute', async (_, plan) => {
    const receiver = new SlowReceiver(() => plan);
    const { work } = sendingTo(receiver);
    await work();
    await vi.advanceTimersByTimeAsync(30 * minuteMs);
    const waits = receiver.waits.map((ms) => ms - plan.afterMs);
    for (const [index, ms] of waits.entries()) {
      const doubled = Math.min(secondMs * 2 ** (index + 1), minuteMs);
      expect(ms).toBeGreaterThanOrEqual(doubled / 2 - 1);
      expect(ms).toBeLessThanOrEqual(doubled + 1);
    }
    expect(receiver.at.length).toBeLessThan(70);
    expect(new Set(waits.slice(6)).size).toBeGreaterThan(1);
  });

  test.each([
    ['40', 40 * secondMs],
    [new Date(90 * secondMs).toUTCString(), 89 * secondMs],
  ])('is left alone for as long as its Retry-After asks (%s)', async (retryAfter, ms) => {
    const receiver = new SlowReceiver(() => ({ status: 503, afterMs: 0, retryAfter }));
    const { work } = sendingTo(receiver);
    await work();
    await vi.advanceTimersByTimeAsync(ms + 30 * secondMs);
    expect(receiver.waits[0]).toBeGreaterThanOrEqual(ms);
  });

  test('is sent to at the interval again as soon as it takes something', async () => {
    const receiver = new SlowReceiver((n) => ({ status: n < 6 ? 503 : 200, afterMs: 0 }));
    const { work } = sendingTo(receiver);
    await work();
    await vi.advanceTimersByTimeAsync(5 * minuteMs);
    const from = receiver.at.length;
    for (let n = 0; n < 10; n += 1) {
      await work();
      await vi.advanceTimersByTimeAsync(secondMs);
    }
    // Calls and counts are sent in one request each.
    expect(receiver.at.length - from).toBeGreaterThanOrEqual(18);
  });
});

test('one that takes ten times the interval to answer has one request at a time, and what waits is bounded', async () => {
  const answers = fc.record({
    status: fc.constantFrom(200, 200, 200, 429, 503, 0),
    afterMs: fc.integer({ min: 10 * secondMs, max: 12 * secondMs }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(answers, { minLength: 1, maxLength: 12 }), async (plans) => {
      const receiver = new SlowReceiver((n) => plans[n % plans.length] ?? ok);
      const { engine, sender, work } = sendingTo(receiver, { callsMax: 20 });
      const asked = new Set<Promise<unknown>>();
      for (let second = 0; second < 120; second += 1) {
        await work();
        // A host that also calls flush queues no further sends.
        asked.add(sender.flush());
        await vi.advanceTimersByTimeAsync(secondMs);
      }
      expect(receiver.inFlightMost).toBe(1);
      expect(receiver.at.length).toBeLessThanOrEqual(13);
      // A request holds calls of the bounded queue, or at most 20 roll-ups, however long they waited.
      expect(Math.max(...receiver.bytes)).toBeLessThan(100_000);
      const closing = engine.close();
      await vi.advanceTimersByTimeAsync(5 * minuteMs);
      await closing;
      await Promise.all(asked);
      const sent = receiver.at.length;
      await vi.advanceTimersByTimeAsync(10 * minuteMs);
      expect(receiver.at.length).toBe(sent);
    }),
    { numRuns: 8 },
  );
});

test('the wait is bounded whatever the receiver says, and never shorter than the interval', () => {
  const header = fc.oneof(
    fc.string(),
    fc.date().map(String),
    fc.nat().map(String),
    fc.constant(null),
  );
  fc.assert(
    fc.property(
      header,
      fc.integer({ min: 1, max: 600_000 }),
      fc.nat({ max: 5_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (text, everyMs, failures, random) => {
        const retryAfterMs = afterMs(text, 0);
        const ms = nextSendMs({ everyMs, failures, retryAfterMs }, () => random);
        expect(ms).toBeGreaterThanOrEqual(everyMs);
        expect(ms).toBeLessThanOrEqual(Math.max(everyMs, 600_000));
      },
    ),
  );
});
