import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KmsCall } from '../src/index.ts';
import { type OtlpOptions, otlpSender } from '../src/telemetry/otlp.ts';
import { pointsOf, Receiver, spansOf } from './otlp-receiver.ts';
import { harness } from './support.ts';

const plaintext = Buffer.from('body');

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.stop());

function sending(options: Partial<OtlpOptions> = {}) {
  const failures: string[] = [];
  const sender = otlpSender({
    url: receiver.url,
    flushEveryMs: 0,
    onError: (message) => failures.push(message),
    ...options,
  });
  const { engine } = harness({ telemetry: [sender] });
  let made = 0;
  /** One KMS call and one lookup, in a workspace of its own. */
  const work = async (times = 1) => {
    for (let n = 0; n < times; n += 1) {
      made += 1;
      await engine.encrypt(plaintext, { workspace: `workspace-${made}` });
    }
  };
  return { sender, engine, work, failures };
}

const callSeqs = () =>
  receiver.spans
    .filter(({ name }) => name === 'keytide.kms_call')
    .map(({ attributes }) => attributes['keytide.seq']);
const sumOf = (metric: string, signal?: string) =>
  receiver.points
    .filter((point) => point.metric === metric)
    .filter(({ attributes }) => signal === undefined || attributes['keytide.signal'] === signal)
    .reduce((sum, { n }) => sum + n, 0);

describe('the OTLP sender', () => {
  test.each([408, 429, 500, 503])('sends the same again after %i, nothing lost', async (status) => {
    const { sender, work, failures } = sending();
    receiver.statuses.push(status, status);
    await work(3);
    await sender.flush();
    await sender.flush();
    expect(callSeqs()).toEqual([]);
    await work();
    await sender.flush();
    expect(callSeqs()).toEqual([1, 2, 3, 4]);
    expect(sumOf('keytide.operations')).toBe(4);
    expect(sumOf('keytide.telemetry.dropped')).toBe(0);
    const bodies = receiver.received.filter(({ path }) => path === '/v1/traces');
    const [first = [], second, third] = bodies.map(({ body }) => spansOf(body));
    expect(second).toEqual(first);
    expect(third?.slice(0, first.length)).toEqual(first);
    expect(failures).toHaveLength(2);
    expect(failures[0]).toContain(String(status));
  });

  test('sends counts again as they were, under the same number', async () => {
    const { sender, work } = sending();
    receiver.statuses.push(200, 503);
    await work(2);
    await sender.flush();
    await sender.flush();
    const [failed, repeated] = receiver.received.filter(({ path }) => path === '/v1/metrics');
    expect([failed?.status, repeated?.status]).toEqual([503, 200]);
    expect(pointsOf(repeated?.body ?? '')).toEqual(pointsOf(failed?.body ?? ''));
    expect(sumOf('keytide.operations')).toBe(2);
  });

  test('keeps everything while nobody listens and sends it when somebody does', async () => {
    const { sender, work, failures } = sending();
    await receiver.stop();
    await work(2);
    await sender.flush();
    await work();
    await sender.flush();
    expect(failures.length).toBeGreaterThan(0);
    await receiver.listen();
    await sender.flush();
    expect(callSeqs()).toEqual([1, 2, 3]);
    expect(sumOf('keytide.operations')).toBe(3);
  });

  test('gives up what is refused with 400, and sends how much that was', async () => {
    const { sender, work } = sending();
    receiver.statuses.push(400);
    await work(2);
    await sender.flush();
    await work();
    await sender.flush();
    expect(callSeqs()).toEqual([3]);
    expect(sumOf('keytide.operations')).toBe(3);
    expect(sumOf('keytide.telemetry.dropped', 'spans')).toBe(2);
    expect(sumOf('keytide.telemetry.dropped', 'rollups')).toBe(0);
  });

  test('reports the drops again that went down with a refused roll-up', async () => {
    const { sender, work } = sending();
    receiver.statuses.push(400, 200, 200, 400);
    await work(2);
    await sender.flush();
    await work();
    await sender.flush();
    await work();
    await sender.flush();
    expect(sumOf('keytide.telemetry.dropped', 'spans')).toBe(2);
    expect(sumOf('keytide.telemetry.dropped', 'rollups')).toBe(1);
  });

  test('drops the oldest calls beyond its bound, and sends how many', async () => {
    const { sender, work } = sending({ callsMax: 3 });
    await work(10);
    await sender.flush();
    expect(callSeqs()).toEqual([8, 9, 10]);
    expect(sumOf('keytide.telemetry.dropped', 'spans')).toBe(7);
    expect(sumOf('keytide.operations')).toBe(10);
  });

  test('drops the oldest roll-ups beyond its bound, and sends how many', async () => {
    const { sender, work } = sending({ rollUpsMax: 2 });
    await receiver.stop();
    for (let n = 0; n < 5; n += 1) {
      await work();
      await sender.flush();
    }
    await receiver.listen();
    await work();
    await sender.flush();
    await work();
    await sender.flush();
    const seqs = receiver.points.map(({ attributes }) => attributes['keytide.rollup.seq']);
    expect(new Set(seqs)).toEqual(new Set([5, 6, 7]));
    expect(sumOf('keytide.telemetry.dropped', 'rollups')).toBe(4);
    expect(sumOf('keytide.operations')).toBe(3);
  });

  test('cuts long queues into several requests, in order', async () => {
    const { sender, work } = sending();
    await work(1_100);
    await sender.flush();
    const bodies = receiver.received.filter(({ path }) => path === '/v1/traces');
    expect(bodies).toHaveLength(3);
    expect(callSeqs()).toEqual(Array.from({ length: 1_100 }, (_, at) => at + 1));
  });

  test('sends what is left when the engine closes', async () => {
    const { engine, work } = sending();
    await work(2);
    expect(receiver.received).toHaveLength(0);
    await engine.close();
    expect(callSeqs()).toEqual([1, 2]);
    expect(sumOf('keytide.dek.uses')).toBe(2);
  });

  test('sends by itself at its interval', async () => {
    const { work, engine } = sending({ flushEveryMs: 20 });
    await work();
    await expect.poll(() => sumOf('keytide.operations'), { timeout: 5_000 }).toBe(1);
    await engine.close();
  });

  test('sends nothing where nothing happened', async () => {
    const { sender, engine } = sending();
    await sender.flush();
    await engine.close();
    expect(receiver.received).toEqual([]);
  });

  test('serves one engine and http only', () => {
    const { sender } = sending();
    expect(() => harness({ telemetry: [sender] })).toThrow(TypeError);
    expect(() => otlpSender({ url: 'ftp://127.0.0.1' })).toThrow('url');
    expect(() => otlpSender({ url: 'nowhere' })).toThrow(TypeError);
  });

  test('holds no more calls than its bound', async () => {
    const { sender, work } = sending({ callsMax: 5 });
    await receiver.stop();
    await work(50);
    await sender.flush();
    await receiver.listen();
    await work();
    await sender.flush();
    const seen: KmsCall['seq'][] = callSeqs().map(Number);
    expect(seen).toEqual([47, 48, 49, 50, 51]);
    expect(sumOf('keytide.telemetry.dropped', 'spans')).toBe(46);
  });
});
