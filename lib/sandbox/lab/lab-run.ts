/**
 * A lab at the pace of a clock: it follows wall time at a speed, stops at the end of a scenario's step, and takes
 * orders one after the other, between two messages. Who looks at it does not matter: it goes on without.
 */
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../domain/clock.ts';
import { type LabStep, labScenario } from '../../shared/lab/lab-scenarios.ts';
import { type LabOrder, type LabView, labBounds } from '../../shared/lab/lab-view.ts';
import { spanText } from '../../shared/screen-text.ts';
import type { Lab } from './lab.ts';
import { carryOut } from './lab-acts.ts';
import { labSnapshot } from './lab-snapshot.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** After so many wall ms of work, orders and looks have their turn. */
const turnMs = 25;
const restMs = 20;
const speedDefault = 60;
const stepSpeed = 1_200;

export class LabRun {
  readonly id: string;
  readonly lab: Lab;
  readonly #wall: Clock;
  #speed = speedDefault;
  #anchor: { wall: number; at: number };
  #step = 0;
  #current: { ends: number; last: LabStep['last'] } | null = null;
  #isEnded = false;
  /** What is being done, which the next waits for. */
  #work: Promise<unknown> = Promise.resolve();
  readonly #living: Promise<void>;

  constructor(id: string, lab: Lab, { wall, onError }: { wall: Clock; onError: OnError }) {
    this.id = id;
    this.lab = lab;
    this.#wall = wall;
    this.#anchor = { wall: wall.monotonic(), at: lab.now };
    // A scenario stands still until its first step is taken.
    if (lab.config.scenario !== null) this.#speed = 0;
    this.#living = this.#live(onError);
  }

  /** @throws {RangeError} where it cannot be understood; what makes no sense in the lab is told as a turn. */
  async order(order: LabOrder): Promise<void> {
    await this.#alone(async () => {
      if (order.kind === 'act') await carryOut(this.lab, order.act);
      else if (order.kind === 'speed') this.#setSpeed(order.speed);
      else if (order.kind === 'skip') this.#skip(order.ms);
      else await this.#next(order.step);
    });
  }

  /** As it is between two messages: within one the log may have what nobody has been answered yet. */
  view(): Promise<LabView> {
    return this.#alone(async () => ({
      id: this.id,
      ...labSnapshot(this.lab),
      speed: this.#speed,
      isRunning: this.#speed > 0,
      behindMs: Math.max(0, this.#target() - this.lab.now),
      step: this.#step,
      stepEndsAt: this.#current?.ends ?? null,
    }));
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#living;
    await this.lab.close();
  }

  /** One thing after the other. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #live(onError: OnError): Promise<void> {
    while (!this.#isEnded) {
      const target = this.#target();
      if (this.lab.now >= target && this.#current?.ends !== this.lab.now) {
        await wait(restMs);
        continue;
      }
      await this.#alone(() => this.#advance()).catch(onError);
      await setImmediate();
    }
  }

  async #advance(): Promise<void> {
    await this.lab.advance(Math.max(this.lab.now, this.#target()), turnMs);
    const ended = this.#current;
    if (ended === null || this.lab.now < ended.ends) return;
    this.#setSpeed(0);
    for (const act of ended.last ?? []) await carryOut(this.lab, act);
    // It is over only now, so that whoever sees this also sees what came of it.
    this.#current = null;
  }

  /** Where its clock should be by now. */
  #target(): number {
    const { wall, at } = this.#anchor;
    const target = Math.floor(at + (this.#wall.monotonic() - wall) * this.#speed);
    return Math.min(target, this.#current?.ends ?? target);
  }

  #setSpeed(speed: number): void {
    const { min, max } = labBounds.speed;
    if (!(speed >= min && speed <= max))
      throw new RangeError(`The speed must be between ${min} and ${max}.`);
    this.#speed = speed;
    this.#anchor = { wall: this.#wall.monotonic(), at: this.lab.now };
  }

  /** Goes forward at once; of more than an hour, messages are written in the last hour only. */
  #skip(ms: number): void {
    const { lab } = this;
    if (!(Number.isSafeInteger(ms) && ms >= 1 && ms <= labBounds.skipMs.max)) {
      lab.say(
        'refused',
        'Time goes forward only, by 100 days at most at once. Nothing was changed.',
      );
      return;
    }
    const to = lab.now + ms;
    if (this.#current !== null) {
      lab.say('refused', 'The scenario’s step runs: wait for its end. Nothing was changed.');
      return;
    }
    if (ms > hourMs) lab.beQuietUntil(to - hourMs);
    const how =
      lab.kms === 'cut-off'
        ? ' The KMS is cut off all the while: leases end, and none begins.'
        : '';
    lab.say('done', `Time goes forward by ${spanText(ms)}.${how}`);
    this.#anchor = { wall: this.#wall.monotonic(), at: to };
  }

  /** Begins the scenario's step of this number, once, however many tabs ask. */
  async #next(number: number): Promise<void> {
    const { lab } = this;
    const { scenario, cloud } = lab.config;
    if (scenario === null) throw new RangeError('This lab has no scenario.');
    const step = labScenario(scenario, cloud).steps[number];
    if (step === undefined) throw new RangeError('The scenario has no such step.');
    if (number !== this.#step || this.#current !== null) return;
    this.#step += 1;
    for (const act of step.acts) await carryOut(lab, act);
    const from = lab.now + (step.skipDays ?? 0) * dayMs;
    if (from > lab.now) {
      lab.say('done', `Time goes forward by ${spanText(from - lab.now)}; nobody writes meanwhile.`);
      lab.beQuietUntil(from);
      this.#anchor = { wall: this.#wall.monotonic(), at: from };
      await lab.advance(from);
    }
    this.#current = { ends: from + Math.round(step.ttls * lab.ttlMs), last: step.last };
    this.#setSpeed(stepSpeed);
  }
}

type OnError = (error: unknown) => void;
