/**
 * The slow side of encryption: gives those who wait a DEK to seal with, through the directory, by loading the current
 * one, or by making a new one. Each workspace has one such search at a time, which all its encryptions share.
 */
import type { Cause } from './causes.ts';
import { dekBytes, expandDek, secretBuffer } from './cipher.ts';
import { type CurrentDek, type CurrentDeks, madeAt } from './current-deks.ts';
import { withinDeadline } from './deadline.ts';
import type { DekEntry } from './dek-entry.ts';
import { cacheKey } from './dek-key.ts';
import {
  type DekLoader,
  type DekLoaderOptions,
  fingerprint,
  leaseEndedError,
  type WrappedDek,
} from './dek-loader.ts';
import type { LoadReason } from './dek-memory.ts';
import type { DekDirectory } from './directory.ts';
import { edekBytesMax, keyUriBytesMax, parseHeader, serializeHeader } from './envelope.ts';
import { CryptoCoreError, refusedError } from './errors.ts';
import { isPlainText, workspaceBytesMax } from './given.ts';
import { keyIdOf, keyUriFault } from './key-uri.ts';
import { Flight, type Lookup, type Passenger } from './lookup.ts';
import { KmsFault } from './provider.ts';
import type { Instant } from './steady-clock.ts';

export interface DekMakerOptions extends DekLoaderOptions {
  /** Absent where each process makes its own DEKs. */
  directory: DekDirectory | undefined;
  /** A key's id as the workspace's host spells it. */
  spelling: (workspace: string, keyId: string) => string;
}

/** The last look of a search makes a DEK, whatever others made meanwhile that its key does not open either. */
const looksMax = 3;

/** Encryptions of one workspace under one key that wait for a DEK. */
class SealFlight extends Flight {
  readonly workspace: string;
  readonly keyUri: string;
  /** The header whose eDEK the KMS said last is not its key's. */
  wrong: Buffer | undefined;
  looks = 1;

  constructor({ workspace, keyUri }: Lookup) {
    super();
    this.workspace = workspace;
    this.keyUri = keyUri;
  }
}

export class DekMaker {
  readonly #options: DekMakerOptions;
  readonly #loader: DekLoader;
  readonly #currents: CurrentDeks;
  /** By workspace, then by key. */
  readonly #flights = new Map<string, Map<string, SealFlight>>();

  constructor(options: DekMakerOptions, loader: DekLoader, currents: CurrentDeks) {
    this.#options = options;
    this.#loader = loader;
    this.#currents = currents;
  }

  /** Lands the passenger with a DEK that may seal its plaintext. */
  obtain(passenger: Passenger): void {
    const { workspace, keyUri } = passenger.lookup;
    const flights = this.#flights.get(workspace) ?? new Map<string, SealFlight>();
    const flying = flights.get(keyUri);
    if (flying !== undefined) {
      flying.board(passenger);
      return;
    }
    const flight = new SealFlight(passenger.lookup);
    flight.board(passenger);
    this.#flights.set(workspace, flights.set(keyUri, flight));
    void this.#fly(flight);
  }

  #end({ workspace, keyUri }: SealFlight): void {
    const flights = this.#flights.get(workspace);
    flights?.delete(keyUri);
    if (flights?.size === 0) this.#flights.delete(workspace);
  }

  /** The live DEK that a workspace encrypts with. */
  current(current: CurrentDek, now: Instant): DekEntry | undefined {
    const { entry } = current;
    if (entry?.header === current.header && this.#options.cache.holds(entry, now)) return entry;
    current.entry = this.hit(current, now);
    return current.entry;
  }

  /** The live DEK of a header of ours, which its envelopes get: an envelope that loaded it may have been forged. */
  hit({ key, header }: Pick<CurrentDek, 'key' | 'header'>, now: Instant): DekEntry | undefined {
    const { cache } = this.#options;
    const entry = cache.hit(key, now);
    if (entry === undefined || entry.header === header) return entry;
    if (!cache.commits(entry, header)) return undefined;
    entry.header = header;
    return entry;
  }

  async #fly(flight: SealFlight): Promise<void> {
    try {
      await this.#search(flight);
    } catch (error) {
      this.#fail(flight, error);
    }
  }

  async #search(flight: SealFlight): Promise<void> {
    const { directory, room } = this.#options;
    let lead = flight.takeLead();
    let current = lead && this.#usable(lead.lookup);
    let previous = lead && this.#currents.get(lead.lookup.workspace)?.header;
    if (lead !== undefined && directory !== undefined) {
      if (current === undefined || this.#isWrong(flight, lead, current.header)) {
        previous = await this.#fromDirectory(lead, directory);
        // Who came first may have given up meanwhile.
        lead = flight.takeLead();
        current = lead && previous && this.#currents.adopt(lead.lookup, previous);
      }
    }
    if (lead === undefined) return void this.#end(flight);
    const wrong = current && this.#isWrong(flight, lead, current.header);
    if (current === undefined || wrong || flight.looks === looksMax) {
      return this.#make(flight, lead, previous);
    }
    const entry = this.hit(current, this.#options.clock.now());
    if (entry === undefined) return this.#load(flight, lead, current);
    room.settle(lead, 'hit');
    this.#land(flight, entry, current.header);
  }

  #usable({ workspace, keyUri, now, bytes }: Lookup): CurrentDek | undefined {
    return this.#currents.usable(workspace, keyUri, now, bytes);
  }

  #isWrong(flight: SealFlight, { lookup }: Passenger, header: Buffer): boolean {
    return flight.wrong?.equals(header) || this.#loader.isWrong(lookup, header);
  }

  /** The flight boards the load of the current DEK as one passenger. */
  #load(flight: SealFlight, lead: Passenger, current: CurrentDek): void {
    const currents = this.#currents;
    const passenger: Passenger = {
      lookup: lead.lookup,
      get counted() {
        return lead.counted;
      },
      set counted(counted) {
        lead.counted = counted;
      },
      settled: false,
      get behind() {
        const seated = currents.seated(flight.waiting, current.sealed);
        return seated.filter((one) => one !== lead).length;
      },
      land: (entry) => this.#land(flight, entry, current.header),
      fail: (error) => {
        const wrong = error instanceof CryptoCoreError && error.code === 'authentication-failed';
        if (!wrong) {
          this.#fail(flight, error);
          return;
        }
        // The encryption looks up again, for a DEK that its key does open.
        flight.wrong = current.header;
        flight.looks += 1;
        lead.counted = false;
        void this.#fly(flight);
      },
    };
    this.#loader.load(passenger, current.header, parseHeader(current.header));
  }

  async #make(flight: SealFlight, lead: Passenger, previous: Buffer | undefined): Promise<void> {
    const { caller, room, directory } = this.#options;
    const { lookup } = lead;
    const refusal = caller.refusal('Encrypt', lookup.keyUri);
    if (refusal !== undefined) {
      const riding = refusal.kind === 'outage' ? this.#ridesOutage(lookup, previous) : undefined;
      room.settle(lead, riding ? 'hit' : refusal.kind === 'denied' ? 'denial' : 'outage');
      if (riding !== undefined) return this.#land(flight, riding.entry, riding.header);
      throw refusedError(refusal.kind, 'Encrypt', refusal.reason);
    }
    const misuse = newNameFault(lookup, previous);
    if (misuse !== undefined) {
      // What is wrong with the call is no operation of the ledger's.
      for (const passenger of flight.waiting) passenger.counted = true;
      throw misuse;
    }
    room.settle(lead, 'miss');
    let made: WrappedDek;
    try {
      made = await this.#wrapNew(flight, lookup, previous);
    } catch (error) {
      const outage = error instanceof KmsFault && error.kind === 'outage';
      const riding = outage && !this.#loader.closed && this.#ridesOutage(lookup, previous);
      if (riding) return this.#land(flight, riding.entry, riding.header);
      throw this.#loader.translate(error, 'Encrypt', lookup.keyUri);
    }
    const winner = directory ? await this.#replace(directory, lookup, previous, made) : made.header;
    const current = this.#currents.replace(lookup, winner);
    if (winner.equals(made.header)) {
      return this.#land(flight, this.#loader.admit(lookup, made), current.header);
    }
    made.expanded.dataKey.fill(0);
    const reason: LoadReason = { cause: 'dek.adopted', generation: 0 };
    const load = { lookup, header: winner, parts: parseHeader(winner), reason };
    const adopted = await this.#loader.unwrap(load, () => this.#seated(flight));
    this.#land(flight, this.#loader.admit(lookup, adopted), current.header);
  }

  async #wrapNew(
    flight: SealFlight,
    lookup: Lookup,
    previous: Buffer | undefined,
  ): Promise<WrappedDek> {
    const { runtime, caller } = this.#options;
    const dek = secretBuffer(dekBytes);
    runtime.fill(dek);
    const rawId = Buffer.allocUnsafe(16);
    runtime.fill(rawId);
    rawId.writeUIntBE(lookup.at, 0, 6);
    const reason = { cause: this.#newDekCause(flight, lookup, previous), generation: 0 };
    const spec = this.#loader.spec(lookup, rawId, reason, () => this.#seated(flight));
    try {
      const call = await caller.call(
        {
          ...spec,
          operation: 'Encrypt',
          fingerprint: (answer) => answer && fingerprint(answer.bytes),
        },
        (provider, request) => provider.wrap(dek, request),
        (answer) => edekOf(answer.bytes),
      );
      const expanded = expandDek(dek, rawId);
      const { commitment } = expanded;
      const keyUri = this.#options.spelling(lookup.workspace, lookup.keyUri);
      const parts = { dekId: rawId, commitment, keyUri, edek: call.value };
      return { header: serializeHeader(parts), expanded, call };
    } finally {
      dek.fill(0);
    }
  }

  #newDekCause(flight: SealFlight, lookup: Lookup, previous: Buffer | undefined): Cause {
    if (previous === undefined || !isOfKey(previous, lookup.keyUri)) return 'dek.first';
    const createdAt = madeAt(previous);
    const seenAt = this.#currents.seenAt(lookup, previous);
    if (this.#currents.isDue({ createdAt, seenAt }, lookup.now)) return 'dek.rotation';
    // What the key does not open is no current DEK.
    const wrong = flight.wrong !== undefined || this.#loader.isWrong(lookup, previous);
    return wrong ? 'dek.first' : 'dek.limit';
  }

  /** While the KMS is away, a DEK that is due goes on encrypting until its lease or one of its limits ends. */
  #ridesOutage(lookup: Lookup, previous: Buffer | undefined) {
    if (previous === undefined || !isOfKey(previous, lookup.keyUri)) return undefined;
    const key = cacheKey(lookup.workspace, previous);
    const entry = this.hit({ key, header: previous }, this.#options.clock.now());
    if (entry === undefined || !this.#currents.prolong(lookup, entry, previous)) return undefined;
    return { entry, header: previous };
  }

  /** Lookups that wait for the flight's new DEK besides the one that asked. */
  #seated(flight: SealFlight): number {
    const seated = this.#currents.seated(flight.waiting);
    return seated.filter((one) => !flight.isLead(one)).length;
  }

  /** All use the DEK that it has room for; the others look on. */
  #land(flight: SealFlight, entry: DekEntry, header: Buffer): void {
    this.#end(flight);
    entry.header = header;
    if (!this.#loader.withinTtl(entry)) flight.fail(leaseEndedError());
    for (const passenger of flight.waiting) {
      if (this.#currents.reserve(entry, passenger.lookup.bytes)) passenger.land(entry);
      else this.obtain(passenger);
    }
  }

  #fail(flight: SealFlight, error: unknown): void {
    this.#end(flight);
    flight.fail(error);
  }

  async #fromDirectory(lead: Passenger, directory: DekDirectory): Promise<Buffer | undefined> {
    try {
      const { workspace } = lead.lookup;
      const header = await this.#inTime((signal) => directory.current(workspace, { signal }));
      if (header === undefined) return undefined;
      parseHeader(header);
      return Buffer.from(header);
    } catch (cause) {
      this.#options.room.settle(lead, 'directory');
      throw directoryError(cause);
    }
  }

  async #replace(
    directory: DekDirectory,
    { workspace }: Lookup,
    previous: Buffer | undefined,
    made: WrappedDek,
  ): Promise<Buffer> {
    try {
      const winner = await this.#inTime((signal) =>
        directory.replace(workspace, previous, made.header, { signal }),
      );
      parseHeader(winner);
      return Buffer.from(winner);
    } catch (cause) {
      made.expanded.dataKey.fill(0);
      throw directoryError(cause);
    }
  }

  #inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { runtime, policy } = this.#options;
    const late = () => new Error('the directory did not answer in time');
    return withinDeadline({ runtime, ms: policy.attemptTimeoutMs, work, late });
  }
}

/** What no header can hold is no answer of a KMS. */
function edekOf(bytes: Uint8Array): Buffer {
  if (bytes.length < 1 || bytes.length > edekBytesMax)
    throw new KmsFault('outage', 'EdekOutOfBounds', { sent: true });
  return Buffer.from(bytes);
}

/** What no DEK has carried yet must be text that can be shown, compared and stored anywhere. */
function newNameFault(
  { workspace, keyUri }: Lookup,
  previous: Buffer | undefined,
): TypeError | undefined {
  if (previous === undefined && !isPlainText(workspace, workspaceBytesMax))
    return new TypeError(
      `workspace must be at most ${workspaceBytesMax} bytes of text without control characters where it is new`,
    );
  if (previous !== undefined && isOfKey(previous, keyUri)) return undefined;
  if (!isPlainText(keyUri, keyUriBytesMax))
    return new TypeError(
      `a key URI must be at most ${keyUriBytesMax} bytes of text without control characters where it is new`,
    );
  return keyUriFault(keyUri);
}

const isOfKey = (header: Buffer, keyId: string) => keyIdOf(parseHeader(header).keyUri) === keyId;

function directoryError(cause: unknown): CryptoCoreError {
  return new CryptoCoreError(
    'directory-unavailable',
    'The directory of encryption DEKs could not be reached. Try again shortly.',
    { cause },
  );
}
