/**
 * The promise to the customer: whatever the clocks do and the KMS answers, nothing is opened or sealed a TTL or more,
 * in true time, after the last successful KMS request was sent.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KekProvider, KmsAnswer, KmsRequest, Policy } from '../src/index.ts';
import {
  coldPeer,
  dekIdOf,
  FakeKms,
  fault,
  harness,
  hourMs,
  ManualRuntime,
  minuteMs,
  secondMs,
} from './support.ts';

const ttlMs = hourMs;
const plaintext = Buffer.from('body');
const workspaces = ['acme', 'beta'] as const;

/** Clocks that are wrong: the wall clock may be set, the monotonic one stands still while the machine sleeps. */
class LyingRuntime extends ManualRuntime {
  trueMs = 0;

  override advance(ms: number): void {
    super.advance(ms);
    this.trueMs += ms;
  }

  suspend(ms: number): void {
    this.wall += ms;
    this.trueMs += ms;
  }
}

/** Remembers when the last successful request for each DEK was sent. Answers may be delayed. */
class WitnessKms {
  readonly fake = new FakeKms();
  readonly askedAt = new Map<string, number>();
  readonly #runtime: LyingRuntime;
  #held: Promise<void> = Promise.resolve();
  release = () => {};
  revoked = false;

  constructor(runtime: LyingRuntime) {
    this.#runtime = runtime;
  }

  hold(): void {
    if (this.release === nothing) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#held = promise;
      this.release = resolve;
    }
  }

  letGo(): void {
    this.release();
    this.release = nothing;
    this.#held = Promise.resolve();
  }

  get provider(): KekProvider {
    const asked = async (request: KmsRequest, answer: Promise<KmsAnswer>) => {
      const at = this.#runtime.trueMs;
      const held = this.#held;
      const given = await answer;
      await held;
      const before = this.askedAt.get(request.context.dekId) ?? Number.NEGATIVE_INFINITY;
      this.askedAt.set(request.context.dekId, Math.max(before, at));
      return given;
    };
    const refused = async () => {
      throw fault('denied');
    };
    return {
      name: 'witness',
      wrap: (dek, request) =>
        this.revoked ? refused() : asked(request, this.fake.wrap(dek, request)),
      unwrap: (edek, request) =>
        this.revoked ? refused() : asked(request, this.fake.unwrap(edek, request)),
    };
  }
}
const nothing = () => {};

const workspace = fc.constantFrom(...workspaces);
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('seal' as const), workspace }) },
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('open' as const), workspace, pick: fc.nat() }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('many' as const), workspace }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('wait' as const),
        ms: fc.oneof(fc.nat({ max: 5 * minuteMs }), fc.nat({ max: 70 * minuteMs })),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('suspend' as const),
        ms: fc.integer({ min: 2 * secondMs, max: 90 * minuteMs }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('setWall' as const),
        ms: fc.constantFrom(-2 * hourMs, -hourMs, -10 * minuteMs, 10 * minuteMs, 2 * hourMs),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('answer' as const),
        operation: fc.constantFrom('Encrypt' as const, 'Decrypt' as const),
        plan: fc.constantFrom('denied', 'outage', 'wrong-key', undefined),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('hold' as const) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('letGo' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke' as const) }) },
  ),
  { minLength: 10, maxLength: 60, size: 'max' },
);
type Step = (typeof steps extends fc.Arbitrary<infer T> ? T : never)[number];

const policies = fc.record({
  refreshAheadMs: fc.constantFrom(0, 10 * minuteMs, 50 * minuteMs),
  spread: fc.constantFrom<Policy['spread']>('none', 'first-lease', 'jitter'),
  ttlJitter: fc.constantFrom(0.1, 1),
  capacity: fc.constantFrom(1, 2, 100),
  deks: fc.constantFrom<Policy['deks']>('shared', 'private'),
  dekRotationMs: fc.constantFrom(30 * minuteMs, 24 * hourMs),
});

class Run {
  readonly runtime = new LyingRuntime();
  readonly kms = new WitnessKms(this.runtime);
  readonly engine;
  readonly envelopes: Record<string, Uint8Array[]> = { acme: [], beta: [] };
  readonly #running: Promise<void>[] = [];
  released = 0;
  /** Results that came later than the promise allows. */
  readonly late: string[] = [];

  constructor(policy: Partial<Policy>) {
    this.kms.release = nothing;
    const { provider } = this.kms;
    const writer = harness({ provider, runtime: this.runtime, policy });
    this.engine = coldPeer(writer, { provider, policy: { ...policy, ttlMs } }).engine;
  }

  async take(step: Step): Promise<void> {
    const { runtime, kms, engine } = this;
    if (step.kind === 'seal') {
      const sealing = engine.encrypt(plaintext, { workspace: step.workspace });
      this.#follow(sealing, (envelope) => {
        this.envelopes[step.workspace]?.push(envelope);
        return [envelope];
      });
    } else if (step.kind === 'open') {
      const made = this.envelopes[step.workspace] ?? [];
      const envelope = made[step.pick % Math.max(1, made.length)];
      if (envelope === undefined) return;
      this.#follow(engine.decrypt(envelope, { workspace: step.workspace }), () => [envelope]);
    } else if (step.kind === 'many') {
      const made = [...(this.envelopes[step.workspace] ?? [])];
      this.#follow(engine.decryptMany(made, { workspace: step.workspace }), () => made);
    } else if (step.kind === 'wait') runtime.advance(step.ms);
    else if (step.kind === 'suspend') runtime.suspend(step.ms);
    else if (step.kind === 'setWall') runtime.wall += step.ms;
    else if (step.kind === 'answer') kms.fake.always(step.operation, step.plan);
    else if (step.kind === 'hold') kms.hold();
    else if (step.kind === 'letGo') kms.letGo();
    else kms.revoked = true;
    // The engine reads the clocks every second, so at most one clock goes wrong between two reads.
    runtime.tick();
    await new Promise(setImmediate);
  }

  async finish(): Promise<void> {
    this.kms.letGo();
    await Promise.all(this.#running);
  }

  #follow<T>(work: Promise<T>, envelopesOf: (result: T) => readonly Uint8Array[]): void {
    const seen = work.then(
      (result) => {
        for (const envelope of envelopesOf(result)) this.#check(dekIdOf(envelope));
      },
      () => {},
    );
    this.#running.push(seen);
  }

  #check(dekId: string): void {
    this.released += 1;
    const ageMs = this.runtime.trueMs - (this.kms.askedAt.get(dekId) ?? Number.NEGATIVE_INFINITY);
    if (!(ageMs < ttlMs)) this.late.push(`${dekId} was used ${ageMs} ms after its last yes`);
  }
}

test('nothing is opened or sealed a TTL after the last yes was asked for, whatever the clocks say', async () => {
  let released = 0;
  await fc.assert(
    fc.asyncProperty(policies, steps, async (policy, taken) => {
      const run = new Run(policy);
      for (const step of taken) await run.take(step);
      await run.finish();
      expect(run.late).toEqual([]);
      released += run.released;
    }),
    { numRuns: 1_000 },
  );
  expect(released).toBeGreaterThan(1_000);
});
