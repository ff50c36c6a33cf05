import { randomBytes } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { credentials } from '@grpc/grpc-js';
import type { KekProvider } from '@keytide/crypto-core';
import { gcpProvider } from '@keytide/crypto-core/providers/gcp';
import { OAuth2Client } from 'google-auth-library';
import { seededRandom } from '../../domain/seeded-random.ts';
import { FaultPlan } from '../any-cloud/fault-plan.ts';
import { GcpAuditLog } from '../gcp/audit-log.ts';
import { GcpCloud } from '../gcp/cloud.ts';
import { GcpFault } from '../gcp/gcp-fault.ts';
import type { GcpCaller, GcpKmsEntry } from '../gcp/kms-entry.ts';
import type { Message } from '../gcp/methods.ts';
import { type GcpServer, type GcpServerFault, startGcpServer } from '../gcp/server.ts';
import type { SideKeeping, SideState } from './kept-side.ts';
import { addressOf, type CloudAccess, type Side, type SideOptions, standIn } from './side.ts';

export interface GcpSideOptions extends SideOptions, SideKeeping<'gcp'> {
  /** Called for every call, logged or not. */
  journal?: (entry: GcpKmsEntry) => void;
}

const project = 'acme-prod';
export const gcpEngine = 'keytide-engine@keytide-service.iam.gserviceaccount.com';
const auditor = 'keytide-reader@acme-prod.iam.gserviceaccount.com';
export const gcpAdmin = 'key-admin@acme.example';
const stranger = 'nightly-export@acme-prod.iam.gserviceaccount.com';
const storage = 'service-482910375610@gs-project-accounts.iam.gserviceaccount.com';
const strangerUses = 12;
const suspectUses = 3;
/** As the real log: about a second, now and then more. */
const logDelayMsDefault = { min: 400, max: 20_000 };
const propagationMsDefault = 60_000;
const uses = 'roles/cloudkms.cryptoKeyEncrypterDecrypter';

/** The customer's project, its key, its Cloud Logging; a service account of another project uses the key. */
export class GcpSide implements Side {
  readonly cloud = 'gcp';
  readonly gcp: GcpCloud;
  readonly log: GcpAuditLog;
  readonly keyName: string;
  readonly faults: FaultPlan;
  readonly #clock: SideOptions['clock'];
  readonly #processes: number;
  #servers: GcpServer[] = [];
  #providers: KekProvider[] = [];
  #reader: GcpServer | undefined;
  #written = 0;

  constructor(options: GcpSideOptions) {
    const { clock, processes, logDelayMs = logDelayMsDefault, keep, restored } = options;
    const { propagationMs = propagationMsDefault, draw = seededRandom(1) } = options;
    this.faults = new FaultPlan(clock, draw);
    const common = { clock, random: randomBytes };
    this.#clock = clock;
    this.#processes = processes;
    this.log = new GcpAuditLog({
      ...{ ...common, project, delayMs: logDelayMs, dataAccess: true },
      ...(keep && { journal: keep }),
      ...(restored && { restored: restored.events }),
    });
    const journal = (entry: GcpKmsEntry) => {
      this.log.write(entry);
      options.journal?.(entry);
    };
    const state = restored && { state: restored.state.cloud };
    this.gcp = new GcpCloud({ ...common, propagationMs, journal, ...state });
    this.keyName = restored?.state.keyName ?? this.#makeKey();
  }

  /** Another run's key is another key. */
  #makeKey(): string {
    const ring = `projects/${project}/locations/europe-west3/keyRings/tide-${randomBytes(4).toString('hex')}`;
    this.gcp.grant(`projects/${project}`, 'roles/owner', gcpAdmin);
    this.gcp.grant(`projects/${project}`, 'roles/logging.privateLogViewer', auditor);
    this.gcp.grant(`projects/${project}`, 'roles/iam.securityReviewer', auditor);
    this.#own('CreateCryptoKey', { parent: ring, cryptoKeyId: 'messages' });
    const name = `${ring}/cryptoKeys/messages`;
    this.gcp.grant(name, uses, gcpEngine, stranger, storage);
    return name;
  }

  get keyUri(): string {
    return `gcp-kms:${this.keyName}`;
  }

  async open(): Promise<void> {
    const { gcp: cloud } = this;
    const faults = () => this.#fault();
    // Over gRPC a call is its server's caller's: one for each process, and one for who reads the log.
    for (let process = 0; process <= this.#processes; process += 1) {
      const callerIp = addressOf(process);
      const server = await startGcpServer({ cloud, caller: gcpEngine, callerIp, faults });
      this.#servers.push(server);
      this.#providers.push(gcpProvider(clientConfig(server.grpcPort)));
    }
    this.#reader = await startGcpServer({ cloud, logging: { log: this.log }, caller: auditor });
  }

  async goLive(): Promise<void> {}

  provider(process: number): KekProvider {
    return standIn('gcp', () => {
      const provider = this.#providers[process];
      if (provider === undefined) throw new RangeError(`there is no engine ${process}`);
      return provider;
    });
  }

  /** The customer's own export, and Cloud Storage on the customer's behalf. */
  stranger(times = strangerUses): void {
    const own = { email: stranger, callerIp: '127.0.0.77', userAgent: 'google-cloud-sdk gcloud' };
    this.#use({ ...own, reason: null }, times);
    const userAgent = 'Google-Cloud-Storage';
    const provided = { email: storage, callerIp: 'private', userAgent, reason: null };
    this.#use({ ...provided, providedContext: 'Cloud Storage bucket acme-exports' }, suspectUses);
  }

  suspect(): void {
    const elsewhere = { callerIp: '127.0.0.66', userAgent: 'python-requests/2.32' };
    this.#use({ email: gcpEngine, ...elsewhere, reason: null }, suspectUses);
  }

  audit(): void {
    this.#own('GetCryptoKey', { name: this.keyName });
  }

  setKey(enabled: boolean): void {
    const { cryptoKeyVersions } = this.#own('ListCryptoKeyVersions', { parent: this.keyName });
    const state = enabled ? 'ENABLED' : 'DISABLED';
    for (const { name } of Array.isArray(cryptoKeyVersions) ? cryptoKeyVersions : [])
      this.#own('UpdateCryptoKeyVersion', {
        cryptoKeyVersion: { name, state },
        updateMask: { paths: ['state'] },
      });
  }

  /** A file an hour and log, lines of JSON, as a sink writes them to a bucket. */
  async writeLogs(dir: string): Promise<{ files: string[]; records: number }> {
    const lines = new Map<string, string[]>();
    const count = this.log.countBy(this.#clock.now());
    for (const entry of this.log.arrived(this.#written, count)) {
      const { log, at } = entry.logged.event;
      const [, day = '', hour] = /^([\d-]+)T(\d\d)/.exec(new Date(at).toISOString()) ?? [];
      const folder = path.join(dir, 'cloudaudit.googleapis.com', log, ...day.split('-'));
      const file = path.join(folder, `${hour}:00:00_${hour}:59:59_S0.json`);
      const line = `${JSON.stringify(entry.json)}\n`;
      lines.set(file, [...(lines.get(file) ?? []), line]);
    }
    for (const [file, text] of lines) {
      await mkdir(path.dirname(file), { recursive: true });
      await appendFile(file, text.join(''));
    }
    const records = count - this.#written;
    this.#written = count;
    return { files: [...lines.keys()], records };
  }

  exportState(): SideState {
    return { cloud: 'gcp', state: { cloud: this.gcp.exportState(), keyName: this.keyName } };
  }

  access(): CloudAccess | null {
    const guest = this.#servers[this.#processes];
    if (guest === undefined || this.#reader === undefined) return null;
    return {
      cloud: 'gcp',
      endpoint: `127.0.0.1:${guest.grpcPort}`,
      restEndpoint: `http://127.0.0.1:${guest.restPort}`,
      project,
      key: this.keyUri,
      loggingEndpoint: `127.0.0.1:${this.#reader.grpcPort}`,
      adminUrl: `http://127.0.0.1:${this.#reader.restPort}`,
    };
  }

  async close(): Promise<void> {
    for (const provider of this.#providers) provider.close?.();
    const servers = this.#reader === undefined ? this.#servers : [...this.#servers, this.#reader];
    await Promise.all(servers.map((server) => server.close()));
  }

  #own(method: string, request: Message): Message {
    const by = { email: gcpAdmin, callerIp: '127.0.0.2', userAgent: 'google-cloud-sdk gcloud' };
    return this.gcp.call(method, request, { ...by, reason: null });
  }

  /** Encrypts once and reads it back; with the key disabled it fails as everybody's calls do. */
  #use(caller: GcpCaller, times: number): void {
    try {
      const plaintext = Buffer.from('an export of its own');
      const name = this.keyName;
      const { ciphertext } = this.gcp.call('Encrypt', { name, plaintext }, caller);
      for (let number = 1; number < times; number += 1)
        this.gcp.call('Decrypt', { name, ciphertext }, caller);
    } catch (error) {
      if (!(error instanceof GcpFault)) throw error;
    }
  }

  #fault(): GcpServerFault | undefined {
    const kind = this.faults.next();
    if (kind === null) return undefined;
    return kind === 'throttled'
      ? { status: 'resourceExhausted', message: 'Quota exceeded for quota metric.' }
      : { status: 'internal', message: 'Internal error encountered.' };
  }
}

/** As the SDK is pointed at a server on loopback. */
function clientConfig(port: number) {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: 'sandbox', expiry_date: Number.MAX_SAFE_INTEGER });
  const sslCreds = credentials.createInsecure();
  return { apiEndpoint: '127.0.0.1', projectId: project, authClient, port, sslCreds };
}
