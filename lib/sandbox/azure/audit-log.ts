/**
 * The sandbox's diagnostic setting of Key Vault: what vaults journal, as a Log Analytics workspace has it and as a
 * storage account does. Each of the two is later than what happened by delays of its own.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import { DeliveredLog, type DeliveryOptions } from '../any-cloud/delivered-log.ts';
import { pooledRandom, type RandomBytes, uniform } from '../any-cloud/random-ids.ts';
import { auditLogs, blobNameOf, blobRecord, diagnostics, type VaultLogRow } from './audit-rows.ts';
import type { AzureKeyEntry } from './cloud.ts';
import type { KqlTable } from './kql/table.ts';
import { type KqlValue, type Row, ticksOf } from './kql/values.ts';

export interface AzureAuditLogOptions extends DeliveryOptions {
  /** Sandbox time. */
  clock: Clock;
  random: RandomBytes;
  tenantId: string;
  subscriptionId: string;
  resourceGroup: string;
  /** Whether vaults are logged at all: false until somebody makes a diagnostic setting. Default true. */
  enabled?: boolean;
  /** The table that rows go to. Default the resource-specific one. */
  table?: 'AZKVAuditLogs' | 'AzureDiagnostics';
  /** Of the storage account; `delayMs` is of the workspace. Default the same. */
  blobDelayMs?: DeliveryOptions['delayMs'];
  /** A blob that still grows ends with a whole block of so many bytes, mid-line. Default 1: with a whole line. */
  blockBytes?: number;
  /** Whose id CorrelationId holds where the client sent one too. Default the server's, as real vaults do. */
  correlation?: 'server' | 'client';
  /** Called for every row as it is written. */
  journal?: (row: StoredRow) => void;
  /** Rows of earlier runs, in the order in which they were written. */
  restored?: readonly StoredRow[];
}

/** A row as it is kept between runs, JSON-able. */
export interface StoredRow {
  /** When it happened, epoch ms of sandbox time. */
  at: number;
  row: VaultLogRow;
  /** When it arrives in the workspace, and in the storage account. */
  workspace: readonly number[];
  blob: readonly number[];
}

export interface Blob {
  readonly name: string;
  readonly content: Buffer;
  /** Epoch ms of sandbox time. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

const hourMs = 3_600_000;

export class AzureAuditLog {
  readonly #options: AzureAuditLogOptions;
  readonly #random: RandomBytes;
  readonly #workspace: DeliveredLog<VaultLogRow>;
  readonly #export: DeliveredLog<VaultLogRow>;
  readonly #blobs = new Map<string, GrowingBlob>();
  #exported = 0;
  #enabled: boolean;
  #isSetUp: boolean;

  constructor(options: AzureAuditLogOptions) {
    const { delayMs, blobDelayMs = delayMs, enabled = true } = options;
    this.#options = options;
    this.#random = pooledRandom(options.random);
    this.#workspace = new DeliveredLog(this.#random, options);
    this.#export = new DeliveredLog(this.#random, { ...options, delayMs: blobDelayMs });
    this.#enabled = enabled;
    this.#isSetUp = enabled;
    for (const { row, workspace, blob } of options.restored ?? []) {
      this.#workspace.restore(row, workspace);
      this.#export.restore(row, blob);
    }
  }

  /** Sandbox time, epoch ms. */
  get now(): number {
    return this.#options.clock.now();
  }

  /** Makes or takes away the diagnostic setting; what was not logged stays unlogged. */
  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    this.#isSetUp ||= enabled;
  }

  /** Whether a diagnostic setting sends what vaults journal. */
  get isEnabled(): boolean {
    return this.#enabled;
  }

  /** Whether there was ever a setting: without one neither tables nor container were made. */
  get isSetUp(): boolean {
    return this.#isSetUp;
  }

  /** Takes an event of a vault. */
  write(entry: AzureKeyEntry): void {
    if (!this.#enabled) return;
    const { clock, tenantId, correlation = 'server' } = this.#options;
    const { requestId, clientRequestId } = entry;
    const row: VaultLogRow = {
      entry,
      resourceId: this.resourceIdOf(entry.vault),
      tenantId,
      ticks: Math.floor(uniform(this.#random) * 10_000),
      durationMs: 5 + Math.floor(uniform(this.#random) * 40),
      correlationId:
        (correlation === 'client' ? clientRequestId : null) ?? (requestId || randomUUID()),
    };
    const workspace = this.#workspace.add(row, clock.now());
    const blob = this.#export.add(row, clock.now());
    this.#options.journal?.({ at: entry.at, row, workspace, blob });
  }

  /** The workspace's tables as they are now. */
  tables(): ReadonlyMap<string, KqlTable> {
    const { clock, table = 'AZKVAuditLogs' } = this.#options;
    if (!this.#isSetUp) return new Map();
    const until = clock.now();
    const rows = (name: typeof table): Iterable<Row> =>
      name === table ? { [Symbol.iterator]: () => this.#rows(name, until) } : [];
    return new Map(
      (['AZKVAuditLogs', 'AzureDiagnostics'] as const).map((name) => [
        name,
        { schema: schemaOf(name), rows: rows(name) },
      ]),
    );
  }

  *#rows(table: 'AZKVAuditLogs' | 'AzureDiagnostics', until: number): Generator<Row> {
    const columns = columnsOf(table);
    const log = this.#workspace;
    for (const { entry, arrivedAt } of log.between(0, log.countUpTo(until)))
      yield (column): KqlValue =>
        column === ingestionTime ? ticksOf(arrivedAt) : (columns.get(column)?.[1](entry) ?? null);
  }

  /** Blobs as they are now, by name. */
  blobs(): Blob[] {
    const until = this.#options.clock.now();
    const count = this.#export.countUpTo(until);
    for (const { entry, arrivedAt } of this.#export.between(this.#exported, count)) {
      const name = blobNameOf(entry);
      const blob = this.#blobs.get(name) ?? new GrowingBlob(arrivedAt);
      blob.append(`${JSON.stringify(blobRecord(entry))}\n`, arrivedAt);
      this.#blobs.set(name, blob);
    }
    this.#exported = count;
    const { blockBytes = 1, delayMs, blobDelayMs = delayMs } = this.#options;
    const settledBefore = until - hourMs - blobDelayMs.max * 2;
    return [...this.#blobs]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, blob]) => {
        const { content, createdAt, modifiedAt } = blob;
        const grows = modifiedAt > settledBefore;
        const whole = grows ? content.length - (content.length % blockBytes) : content.length;
        return { name, content: content.subarray(0, whole), createdAt, modifiedAt };
      });
  }

  /** Of a vault or a Managed HSM, by host. */
  resourceIdOf(host: string): string {
    const { subscriptionId, resourceGroup } = this.#options;
    const [name = '', domain] = host.split('.');
    const kind = domain === 'managedhsm' ? 'managedHSMs' : 'vaults';
    const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
    return `${group}/providers/Microsoft.KeyVault/${kind}/${name}`;
  }
}

/** What `ingestion_time()` reads. */
const ingestionTime = '$IngestionTime';

const columnsOf = (table: 'AZKVAuditLogs' | 'AzureDiagnostics') =>
  table === 'AZKVAuditLogs' ? auditLogs : diagnostics;

const schemaOf = (table: 'AZKVAuditLogs' | 'AzureDiagnostics') =>
  new Map([...columnsOf(table)].map(([name, [type]]) => [name, type]));

class GrowingBlob {
  readonly createdAt: number;
  modifiedAt: number;
  #lines: Buffer[] = [];

  constructor(createdAt: number) {
    this.createdAt = createdAt;
    this.modifiedAt = createdAt;
  }

  append(line: string, at: number): void {
    this.#lines.push(Buffer.from(line));
    this.modifiedAt = at;
  }

  get content(): Buffer {
    const content = Buffer.concat(this.#lines);
    this.#lines = [content];
    return content;
  }
}
