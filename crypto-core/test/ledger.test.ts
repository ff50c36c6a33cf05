/**
 * Lines 1 and 2 of the ledger, for random schedules of two processes over one directory. Every lookup has one outcome
 * in the minute in which it began. Every miss, adoption and validation is one numbered call. Roll-ups sum to the
 * totals.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DekDirectory, type KmsCall, memoryDirectory, parseEnvelope } from '../src/index.ts';
import {
  coldPeer,
  FakeKms,
  harness,
  hourMs,
  type KmsOperation,
  ManualRuntime,
  minuteMs,
  portOptions,
} from './support.ts';

const workspaces = ['acme', 'beta'] as const;
const plaintext = Buffer.from('body');
const policy = { dekRotationMs: 2 * hourMs, dekMessagesMax: 6, heldMemoryMax: 3 };

const process = fc.nat({ max: 1 });
const workspace = fc.constantFrom(...workspaces);
const kmsOperation = fc.constantFrom<KmsOperation>('Encrypt', 'Decrypt');
const plan = fc.constantFrom('denied', 'outage', 'wrong-key', undefined);
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('encrypt' as const), process, workspace }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('decrypt' as const),
        process,
        workspace,
        pick: fc.nat(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('many' as const), process, workspace }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('validate' as const), process }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('plan' as const), kmsOperation, plan }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('take' as const), process }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('wait' as const),
        ms: fc.oneof(fc.nat({ max: 6_000 }), fc.nat({ max: 2 * hourMs })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('stepBack' as const) }) },
  ),
  { minLength: 10, maxLength: 80, size: 'max' },
);
type Step = (typeof steps extends fc.Arbitrary<infer T> ? T : never)[number];

/** Runs a schedule and counts independently what it did. */
class Schedule {
  readonly runtime = new ManualRuntime();
  readonly kms = new FakeKms();
  readonly #gate: { open: Promise<void>; release: () => void } = {
    open: Promise.resolve(),
    release() {},
  };
  readonly processes;
  readonly lookups = [new Map<string, number>(), new Map<string, number>()] as const;
  readonly validations = [0, 0];
  readonly envelopes: Record<string, Uint8Array[]> = { acme: [], beta: [] };
  #running: Promise<unknown>[] = [];

  constructor() {
    const shared = memoryDirectory();
    const directory: DekDirectory = {
      current: async (name) => {
        await this.#gate.open;
        return shared.current(name, portOptions);
      },
      replace: shared.replace,
    };
    const first = harness({ kms: this.kms, runtime: this.runtime, directory, policy });
    this.processes = [first, coldPeer(first, { policy })] as const;
    this.hold();
  }

  /** From now on the directory answers only in the settling phase. */
  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    Object.assign(this.#gate, { open: promise, release: resolve });
  }

  async settle(): Promise<void> {
    this.#gate.release();
    await Promise.allSettled(this.#running);
    this.#running = [];
    this.hold();
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'encrypt') this.#encrypt(step.process, step.workspace);
    else if (step.kind === 'decrypt') this.#decrypt(step);
    else if (step.kind === 'many') this.#many(step.process, step.workspace);
    else if (step.kind === 'validate') {
      this.validations[step.process] = (this.validations[step.process] ?? 0) + 1;
      this.#running.push(this.#at(step.process).engine.validate('acme'));
    } else if (step.kind === 'settle') await this.settle();
    else if (step.kind === 'plan') this.kms.always(step.kmsOperation, step.plan);
    else if (step.kind === 'take') this.#at(step.process).sink.take();
    else if (step.kind === 'wait') {
      this.runtime.advance(step.ms);
      this.runtime.tick();
    } else this.runtime.wall -= 3 * minuteMs;
    await Promise.resolve();
  }

  #at(process: number) {
    return this.processes[process === 0 ? 0 : 1];
  }

  #count(process: number, path: string, name: string, n: number): void {
    if (n === 0) return;
    const minute = this.runtime.wall - (this.runtime.wall % minuteMs);
    const key = `${minute} ${name} ${path}`;
    const counts = this.lookups[process === 0 ? 0 : 1];
    counts.set(key, (counts.get(key) ?? 0) + n);
  }

  #encrypt(process: number, name: string): void {
    this.#count(process, 'encrypt', name, 1);
    const sealing = this.#at(process).engine.encrypt(plaintext, { workspace: name });
    const kept = sealing.then((envelope) => this.envelopes[name]?.push(envelope));
    this.#running.push(kept);
    kept.catch(() => {});
  }

  #decrypt(step: { process: number; workspace: string; pick: number }): void {
    const made = this.envelopes[step.workspace] ?? [];
    const envelope = made[step.pick % Math.max(1, made.length)];
    if (envelope === undefined) return;
    this.#count(step.process, 'decrypt', step.workspace, 1);
    this.#follow(this.#at(step.process).engine.decrypt(envelope, { workspace: step.workspace }));
  }

  #many(process: number, name: string): void {
    const made = this.envelopes[name] ?? [];
    const headers = made.map((envelope) => parseEnvelope(envelope).header.toString('hex'));
    this.#count(process, 'decrypt', name, new Set(headers).size);
    this.#follow(this.#at(process).engine.decryptMany(made, { workspace: name }));
  }

  #follow(work: Promise<unknown>): void {
    this.#running.push(work);
    work.catch(() => {});
  }
}

/** An encryption looks up twice if the current DEK turns out to belong to another key. */
function withSecondLookups(lookups: ReadonlyMap<string, number>, calls: readonly KmsCall[]) {
  const all = new Map(lookups);
  for (const { path, operation, cause, outcome, at, workspace: name } of calls) {
    if (path !== 'encrypt' || operation !== 'Decrypt' || outcome !== 'wrong-key') continue;
    if (cause === 'dek.adopted') continue;
    const key = `${at - (at % minuteMs)} ${name} encrypt`;
    all.set(key, (all.get(key) ?? 0) + 1);
  }
  return all;
}

function checkLedger(schedule: Schedule): void {
  for (const [at, { engine, sink }] of schedule.processes.entries()) {
    sink.take();
    const { operations } = engine.totals();
    const of = (wanted: string) =>
      operations.reduce((sum, { outcome, n }) => sum + (outcome === wanted ? n : 0), 0);
    const total = operations.reduce((sum, { n }) => sum + n, 0);

    // Line 1: every lookup has exactly one outcome, in its own minute, workspace and path.
    const rolledUp = new Map<string, number>();
    const outcomes = new Map<string, number>();
    for (const rollUp of sink.rollUps) {
      const rows = rollUp.operations.map(({ n: _, ...row }) => JSON.stringify(row));
      expect(new Set(rows).size).toBe(rows.length);
      for (const { minute, workspace: name, path, outcome, n } of rollUp.operations) {
        const key = `${minute} ${name} ${path}`;
        rolledUp.set(key, (rolledUp.get(key) ?? 0) + n);
        outcomes.set(`${path} ${outcome}`, (outcomes.get(`${path} ${outcome}`) ?? 0) + n);
      }
      const deks = rollUp.deks.map(({ minute, dekId }) => `${minute} ${dekId}`);
      expect(new Set(deks).size).toBe(deks.length);
    }
    expect(rolledUp).toEqual(withSecondLookups(schedule.lookups[at] ?? new Map(), sink.calls));
    expect([...rolledUp.values()].reduce((sum, n) => sum + n, 0)).toBe(total);
    for (const { path, outcome, n } of operations)
      expect(outcomes.get(`${path} ${outcome}`) ?? 0).toBe(n);
    expect(sink.rollUps.map(({ seq }) => seq)).toEqual(sink.rollUps.map((_, index) => index + 1));

    // Line 2: calls = misses + adopted + validate calls, numbered without gaps.
    const seqs = sink.calls.map(({ seq }) => seq).sort((a, b) => a - b);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    const adopted = sink.causes.filter((cause) => cause === 'dek.adopted').length;
    const validating = sink.causes.filter((cause) => cause === 'validate').length;
    expect(validating).toBeLessThanOrEqual(2 * (schedule.validations[at] ?? 0));
    expect(sink.calls).toHaveLength(of('miss') + adopted + validating);
  }
  const attempts = schedule.processes.flatMap(({ sink }) => sink.calls).flatMap((c) => c.attempts);
  // An attempt that was refused while it waited for its turn was never sent.
  expect(attempts.filter(({ sent }) => sent)).toHaveLength(schedule.kms.seen.length);
}

test('the ledger balances for any schedule', async () => {
  let lookups = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const schedule = new Schedule();
      for (const step of taken) await schedule.take(step);
      await schedule.settle();
      checkLedger(schedule);
      for (const counts of schedule.lookups) for (const n of counts.values()) lookups += n;
      schedule.kms.always('Decrypt', undefined);
      // Nothing was lost: every envelope opens in a new process, once the KMS allows it.
      const reader = coldPeer(schedule.processes[0]);
      for (const name of workspaces) {
        const made = schedule.envelopes[name] ?? [];
        const opened = await reader.engine.decryptMany(made, { workspace: name });
        expect(opened).toEqual(made.map(() => plaintext));
      }
    }),
    { numRuns: 400 },
  );
  expect(lookups).toBeGreaterThan(1_000);
});
