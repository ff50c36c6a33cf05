/**
 * A guided sandbox of its own: real engines over one cloud's wire, in time that moves only when it is told to. It knows
 * what can be read and why, and says it before anybody reads. `LabRun` gives it the pace of a clock.
 */
import {
  type DekDirectory,
  type KmsCall,
  memoryDirectory,
  type Policy,
  parsePolicy,
} from '@keytide/crypto-core';
import { systemClock } from '../../domain/clock.ts';
import { seededRandom } from '../../domain/seeded-random.ts';
import type {
  KmsWay,
  LabCheck,
  LabConfig,
  LabKeyName,
  LabRevocation,
  LabSpread,
  LabTurn,
  Readability,
} from '../../shared/lab/lab-view.ts';
import { isReadable, readability } from '../../shared/lab/readability.ts';
import { DarkWatch } from './dark-watch.ts';
import type { LabCloud } from './lab-cloud.ts';
import { openLabCloud } from './lab-clouds.ts';
import { LabKeys } from './lab-keys.ts';
import { LabMember } from './lab-member.ts';
import { LabTally } from './lab-tally.ts';
import { LabTime } from './lab-time.ts';
import { messageOutcomeOf } from './message-outcome.ts';
import { dekIdOf, type StoredDek, StoredMessages } from './stored-messages.ts';

export interface LabOptions {
  config: LabConfig;
  /** Off, engines of AWS call it in process: for very many lives. Default true. */
  wire?: boolean;
  /** Default three. */
  workspaces?: readonly string[];
  /** Whether there are messages of days ago. Default true. */
  archive?: boolean;
}

/** Whatever day it is, a lab begins at the same instant. */
export const labStartMs = Date.UTC(2026, 2, 2, 8, 50);
const hourMs = 3_600_000;
const archiveAgesMs = [192 * hourMs, 72 * hourMs, 26 * hourMs];
const archived = 3;
const warmUp = 1.2;
const rolloutStepMs = 20_000;
const turnsMax = 200;
const workspacesDefault = ['legal', 'research', 'support'];
const untrustedCodes = { aws: 'AccessDenied', gcp: 'PERMISSION_DENIED', azure: 'AADSTS700016' };

/** Something that happens to one process at an instant. */
interface Boot {
  at: number;
  process: number;
}

export class Lab {
  readonly config: LabConfig;
  readonly ttlMs: number;
  readonly time: LabTime;
  readonly cloud: LabCloud;
  readonly keys: LabKeys;
  readonly tally: LabTally;
  readonly stored: StoredMessages;
  readonly members: (LabMember | undefined)[];
  readonly turns: LabTurn[] = [];
  readonly checks: LabCheck[] = [];
  readonly revocations: (LabRevocation & { from: LabKeyName })[] = [];
  registered: { via: 'alias' | 'id'; key: LabKeyName };
  kms: KmsWay = 'open';
  trusted = true;
  spread: LabSpread;
  lateReleases = 0;
  readonly #options: LabOptions;
  readonly #random: () => number;
  readonly #directory: DekDirectory = memoryDirectory();
  readonly #wrappedBy = new Map<string, LabKeyName>();
  readonly #perMs: number;
  readonly #dark = new DarkWatch();
  #boots: Boot[] = [];
  #nextMessageAt = Number.POSITIVE_INFINITY;
  #sweptAt = 0;
  #said = 0;

  private constructor(options: LabOptions) {
    const { config } = options;
    this.#options = options;
    this.config = config;
    this.spread = config.spread;
    this.ttlMs = config.ttlMinutes * 60_000;
    this.#random = seededRandom(config.seed);
    const startMs = labStartMs - Math.max(...archiveAgesMs);
    this.time = new LabTime({ startMs, random: this.#random });
    this.cloud = openLabCloud(config, this.time);
    this.keys = new LabKeys((name) => this.cloud.keyUri(name));
    this.registered = { via: this.cloud.aliasUri === null ? 'id' : 'alias', key: 'A' };
    this.tally = new LabTally(this.ttlMs);
    this.stored = new StoredMessages((dekId) => this.#wrappedBy.get(dekId) ?? this.registered.key);
    this.members = Array.from({ length: config.processes }, () => undefined);
    this.#perMs = (config.processes * perProcessHourly(this.ttlMs)) / hourMs;
  }

  /** Opens the cloud, writes messages of days ago, and lives through the last while before the lab begins. */
  static async open(options: LabOptions): Promise<Lab> {
    const lab = new Lab(options);
    await lab.cloud.side.open();
    if (options.wire !== false) await lab.cloud.side.goLive();
    if (options.archive !== false) await lab.#writeArchive();
    await lab.#liveUntilStart();
    return lab;
  }

  get now(): number {
    return this.time.now();
  }

  get policy(): Policy {
    const { preset } = this.config;
    const { dekRotationMs } = parsePolicy(preset);
    // One request at a time: which of two is first must not be the machine's choice.
    const exact = { kmsConcurrencyMax: 1 };
    return parsePolicy({ dekRotationMs, ttlMs: this.ttlMs, spread: this.spread, ...exact });
  }

  /** What the workspaces are registered under. */
  get registeredUri(): string {
    const { via, key } = this.registered;
    return via === 'alias' ? (this.cloud.aliasUri ?? '') : this.cloud.keyUri(key);
  }

  /** Those that have begun. */
  get running(): LabMember[] {
    return this.members.filter((member) => member !== undefined);
  }

  /** Lives on until an instant, or for so much wall time. */
  async advance(untilMs: number, wallMs = Number.POSITIVE_INFINITY): Promise<void> {
    const enough = systemClock.monotonic() + wallMs;
    for (;;) {
      const [boot] = this.#boots;
      const at = Math.min(boot?.at ?? Number.POSITIVE_INFINITY, this.#nextMessageAt);
      if (at > untilMs) break;
      this.time.moveTo(at);
      if (boot !== undefined && boot.at === at) {
        this.#boots.shift();
        await this.#boot(boot.process);
      } else {
        this.#nextMessageAt = this.#messageAfter(at);
        await this.#message();
      }
      this.observe();
      if (systemClock.monotonic() > enough) return;
    }
    this.time.moveTo(untilMs);
    if (this.now - this.#sweptAt >= 1_000) this.time.sweep();
    this.#sweptAt = this.now;
    this.observe();
  }

  /** Until this instant no message is written. */
  beQuietUntil(at: number): void {
    if (this.#nextMessageAt < at) this.#nextMessageAt = this.#messageAfter(at);
  }

  /** Starts every process anew, one after the other. */
  deploy(spread: LabSpread): void {
    this.spread = spread;
    this.#boots = this.members.map((_, process) => ({
      process,
      at: this.now + process * rolloutStepMs,
    }));
  }

  say(kind: LabTurn['kind'], text: string): LabTurn {
    this.#said += 1;
    const turn = { number: this.#said, at: this.now, kind, text };
    this.turns.push(turn);
    if (this.turns.length > turnsMax) this.turns.shift();
    return turn;
  }

  /** Whether a process can use a stored DEK now. */
  readability(member: LabMember, dek: StoredDek, leases = member.leases()): Readability {
    return readability({
      ...this.#facts(member, dek),
      isHeld: leases.has(dek.id),
      remembered: member.remembered(dek.id),
      kms: this.kms,
    });
  }

  /** When a process's last lease ends on a DEK that the KMS would not give it now; null where it has none. */
  lastUseOfTaken(member: LabMember): { lastUseBy: number | null; takenDeks: number } {
    const leases = member.leases();
    let [lastUseBy, takenDeks]: [number | null, number] = [null, 0];
    for (const dek of this.stored.deks) {
      const facts = this.#facts(member, dek);
      const asked = readability({ ...facts, isHeld: false, remembered: null, kms: 'open' });
      if (asked === 'kms') continue;
      takenDeks += 1;
      const end = leases.get(dek.id);
      if (end !== undefined) lastUseBy = Math.max(end, lastUseBy ?? end);
    }
    return { lastUseBy, takenDeks };
  }

  /** Reads every stored message in every process, what is said to be readable first: no refusal is met before. */
  async check(): Promise<LabCheck> {
    const [readable, check] = [new Set<StoredDek>(), { ...noCheck, at: this.now }];
    const stored = this.stored.byDek();
    for (const member of this.running) {
      let [at, leases] = [this.now, member.leases()];
      const said = [...stored.keys()].map((dek) => ({
        dek,
        isReadable: isReadable(this.readability(member, dek, leases)),
        isHeld: leases.has(dek.id),
      }));
      said.sort((a, b) => rankOf(b) - rankOf(a));
      for (const { dek } of said) {
        const envelopes = stored.get(dek) ?? [];
        if (this.now > at) [at, leases] = [this.now, member.leases()];
        const before = isReadable(this.readability(member, dek, leases));
        const isRead = await this.#read(member, dek, envelopes);
        // One that the KMS turns away as too many waits, perhaps past the instant at which a change is in force.
        const waited = this.now > at && before !== isRead;
        const expected = waited ? isReadable(this.readability(member, dek)) : before;
        if (isRead) readable.add(dek);
        check.reads += envelopes.length;
        if (expected) check.saidReadable += envelopes.length;
        if (isRead) check.readReadable += envelopes.length;
        if (isRead !== expected) check.differing += envelopes.length;
      }
    }
    for (const [dek, { length }] of stored) {
      check.messages += length;
      if (readable.has(dek)) check.readableMessages += length;
    }
    this.checks.push(check);
    if (this.checks.length > turnsMax) this.checks.shift();
    return check;
  }

  /** Notes what has gone dark meanwhile. */
  observe(): void {
    this.#dark.observe(this);
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map(({ engine }) => engine.close()));
    await this.cloud.side.close();
  }

  #facts(member: LabMember, dek: StoredDek) {
    const { key } = this.registered;
    return {
      hasSession: member.hasSession,
      isAllowed: this.keys.allows(key, this.now),
      isOwnKey: dek.key === key,
    };
  }

  async #writeArchive(): Promise<void> {
    const { workspaces = workspacesDefault } = this.#options;
    for (const ageMs of archiveAgesMs) {
      this.time.moveTo(labStartMs - ageMs);
      await this.#boot(0);
      for (const workspace of workspaces)
        for (let n = 0; n < archived; n += 1) await this.#writeTo(workspace);
    }
    await this.members[0]?.engine.close();
    this.members[0] = undefined;
  }

  async #writeTo(workspace: string): Promise<void> {
    const envelope = await this.members[0]?.engine.encrypt(bodyOf(workspace, this.now), {
      workspace,
    });
    if (envelope) this.stored.append(this.stored.begin(workspace), envelope);
  }

  /** Processes begin at random within one TTL, so that their leases do not end together. */
  async #liveUntilStart(): Promise<void> {
    this.#boots = this.members
      .map((_, process) => ({ process, at: labStartMs - Math.floor(this.#random() * this.ttlMs) }))
      .sort((a, b) => a.at - b.at);
    const from = labStartMs - Math.floor(warmUp * this.ttlMs);
    this.time.moveTo(from);
    this.tally.forget();
    this.#nextMessageAt = this.#messageAfter(from);
    await this.advance(labStartMs);
  }

  #messageAfter(at: number): number {
    return Math.ceil(at - Math.log(1 - this.#random()) / this.#perMs);
  }

  async #boot(process: number): Promise<void> {
    const before = this.members[process];
    this.members[process] = new LabMember({
      number: process,
      runtime: this.time,
      policy: this.policy,
      directory: this.#directory,
      provider: this.cloud.side.provider(process),
      keyFor: () => this.registeredUri,
      isTrusted: () => this.trusted,
      untrustedCode: untrustedCodes[this.config.cloud],
      onCall: (call) => this.#called(call),
    });
    await before?.engine.close();
  }

  #called(call: KmsCall): void {
    this.tally.call(call);
    if (call.operation !== 'Encrypt' || call.outcome !== 'ok') return;
    this.#wrappedBy.set(call.dekId, this.registered.key);
    const [oldest] = this.#wrappedBy.keys();
    if (this.#wrappedBy.size > wrappedMax && oldest !== undefined) this.#wrappedBy.delete(oldest);
  }

  /** One message: it opens what its conversation said before, and seals its own body. */
  async #message(): Promise<void> {
    const { workspaces = workspacesDefault } = this.#options;
    const draws = [this.#random(), this.#random(), this.#random(), this.#random()] as const;
    const member = this.members[Math.floor(draws[0] * this.members.length)];
    const workspace = workspaces[Math.floor(draws[1] * workspaces.length)];
    if (member === undefined || workspace === undefined) return;
    const found =
      draws[2] < newShare
        ? undefined
        : draws[2] < newShare + oldShare
          ? this.stored.any(workspace, draws[3])
          : this.stored.recent(workspace, draws[3]);
    const conversation = found ?? this.stored.begin(workspace);
    const { envelopes } = conversation;
    const outcome = await messageOutcomeOf(async () => {
      const about = { workspace, tag: conversation.id };
      const sealed = await member.engine.message(about, async (scope) => {
        await scope.decryptMany(envelopes.map(({ bytes }) => bytes));
        for (const { dekId } of envelopes) this.#released(member, dekId);
        return scope.encrypt(bodyOf(workspace, this.now));
      });
      this.#released(member, dekIdOf(sealed));
      this.stored.append(conversation, sealed);
      member.lastSuccessAt = this.now;
    });
    this.tally.message(this.now, outcome);
  }

  async #read(
    member: LabMember,
    { workspace, id }: StoredDek,
    envelopes: readonly Uint8Array[],
  ): Promise<boolean> {
    const outcome = await messageOutcomeOf(() =>
      member.engine.decryptMany(envelopes, { workspace }),
    );
    if (outcome === 'ok') this.#released(member, id);
    return outcome === 'ok';
  }

  #released(member: LabMember, dekId: string): void {
    if (member.isLate(dekId)) this.lateReleases += 1;
  }
}

const newShare = 0.25;
const oldShare = 0.05;
const wrappedMax = 10_000;

const noCheck: LabCheck = {
  at: 0,
  reads: 0,
  saidReadable: 0,
  readReadable: 0,
  differing: 0,
  messages: 0,
  readableMessages: 0,
};

const rankOf = ({ isReadable: said, isHeld }: { isReadable: boolean; isHeld: boolean }): number =>
  (said ? 2 : 0) + (isHeld ? 1 : 0);

const bodyOf = (workspace: string, now: number) =>
  Buffer.from(`A message of ${workspace} at ${now}`);

/** About twenty messages a TTL and process: DEKs are in use all the time. */
const perProcessHourly = (ttlMs: number): number =>
  Math.min(240, Math.max(15, (20 * hourMs) / ttlMs));
