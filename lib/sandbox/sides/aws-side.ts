import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import type { KekProvider } from '@keytide/crypto-core';
import { awsProvider } from '@keytide/crypto-core/providers/aws';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { systemClock } from '../../domain/clock.ts';
import type { FaultPlan } from '../any-cloud/fault-plan.ts';
import { AwsFault } from '../aws/aws-fault.ts';
import { AwsCloud } from '../aws/cloud.ts';
import { inProcessProvider } from '../aws/in-process-provider.ts';
import { type AwsServer, startAwsServer } from '../aws/server.ts';
import { TrailBucket } from '../aws/trail-bucket.ts';
import { writeLogFiles } from '../aws/trail-files.ts';
import { type Cast, castOf, customerAccount } from '../fleet/accounts.ts';
import { plantAudit, plantStranger, plantSuspect } from '../fleet/plants.ts';
import type { CastNames, SideKeeping, SideState } from './kept-side.ts';
import { addressOf, type CloudAccess, type Side, type SideOptions, standIn } from './side.ts';

export interface AwsSideOptions extends SideOptions, SideKeeping<'aws'> {}

const region = 'eu-central-1';
const trailBucket = 'acme-cloudtrail';
const logDelayMsDefault = { min: 60_000, max: 300_000 };
export const awsPropagationMs = 5_000;

/** While history is laid, engines call it in process: signing each request would cost most of that time. */
export class AwsSide implements Side {
  readonly cloud = 'aws';
  readonly aws: AwsCloud;
  readonly cast: Cast;
  readonly #clock: SideOptions['clock'];
  readonly #live: (KekProvider | undefined)[] = [];
  #server: AwsServer | undefined;
  #writtenUntil = 0;

  constructor(options: AwsSideOptions) {
    const { clock, processes, keep, restored, draw } = options;
    const { logDelayMs = logDelayMsDefault, propagationMs = awsPropagationMs } = options;
    this.#clock = clock;
    this.aws = new AwsCloud({
      clock,
      random: randomBytes,
      region,
      deliveryLagMs: logDelayMs,
      propagationMs,
      ...(draw && { draw }),
      ...(keep && { journal: keep }),
      ...(restored && { state: { ...restored.state.cloud, events: restored.events } }),
    });
    this.cast = restored ? recast(this.aws, restored.state.cast) : castOf(this.aws, processes);
  }

  get keyUri(): string {
    return this.cast.keyArn;
  }

  async open(): Promise<void> {}

  provider(process: number): KekProvider {
    const principal = this.cast.engines[process];
    if (principal === undefined) throw new RangeError(`there is no engine ${process}`);
    const direct = inProcessProvider({
      cloud: this.aws,
      principal,
      sourceIp: addressOf(process),
    });
    const now = () => this.#live[process] ?? direct;
    return standIn('aws', now);
  }

  async goLive(): Promise<void> {
    const about = { clock: this.#clock, cloud: this.aws, account: customerAccount };
    const buckets = [new TrailBucket({ ...about, name: trailBucket })];
    this.#server = await startAwsServer({ cloud: this.aws, wall: systemClock, buckets });
    const endpoint = this.#server.url;
    for (const [number, principal] of this.cast.engines.entries()) {
      const { accessKeyId, secretAccessKey, sessionToken } = principal;
      this.#live[number] = awsProvider({
        region,
        endpoint,
        credentials: {
          accessKeyId,
          secretAccessKey,
          ...(sessionToken !== null && { sessionToken }),
        },
        requestHandler: new NodeHttpHandler({
          httpAgent: new Agent({ keepAlive: true, localAddress: addressOf(number) }),
          requestTimeout: 5_000,
        }),
      });
    }
  }

  stranger(times?: number): void {
    this.#plant(() => plantStranger(this.aws, this.cast, times));
  }

  suspect(): void {
    this.#plant(() => plantSuspect(this.aws, this.cast));
  }

  audit(): void {
    this.#plant(() => plantAudit(this.aws, this.cast));
  }

  get faults(): FaultPlan {
    return this.aws.faults;
  }

  setKey(enabled: boolean): void {
    const { admin, keyArn } = this.cast;
    this.aws.call(admin, {
      service: 'kms',
      operation: enabled ? 'EnableKey' : 'DisableKey',
      input: { KeyId: keyArn },
      sourceIp: '127.0.0.2',
      userAgent: 'aws-cli/2',
    });
  }

  async writeLogs(dir: string): Promise<{ files: string[]; records: number }> {
    const untilMs = this.#clock.now();
    const range = { fromMs: this.#writtenUntil, untilMs };
    this.#writtenUntil = untilMs + 1;
    return writeLogFiles(this.aws, { account: customerAccount, dir, ...range });
  }

  exportState(): SideState {
    const state = { cloud: this.aws.exportState(), cast: castNames(this.cast) };
    return { cloud: 'aws', state };
  }

  access(): CloudAccess | null {
    if (this.#server === undefined) return null;
    const { keyArn, guest, auditor } = this.cast;
    const keysOf = ({ accessKeyId, secretAccessKey }: Cast['auditor']) => ({
      accessKeyId,
      secretAccessKey,
    });
    return {
      cloud: 'aws',
      endpoint: this.#server.url,
      region,
      key: keyArn,
      credentials: { ...keysOf(guest), sessionToken: guest.sessionToken ?? '' },
      reader: { account: customerAccount, credentials: keysOf(auditor) },
    };
  }

  async close(): Promise<void> {
    for (const provider of this.#live) provider?.close?.();
    await this.#server?.close();
  }

  /** With the key disabled these fail as everybody's calls do. */
  #plant(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof AwsFault)) throw error;
    }
  }
}

/** Names the cast so that it can be found again in a restored cloud. */
function castNames(cast: Cast): CastNames {
  const { keyArn, engines, admin, auditor, stranger, suspect, guest } = cast;
  return {
    keyArn,
    engines: engines.map(({ accessKeyId }) => accessKeyId),
    admin: admin.accessKeyId,
    auditor: auditor.accessKeyId,
    stranger: stranger.accessKeyId,
    suspect: suspect.accessKeyId,
    guest: guest.accessKeyId,
  };
}

function recast(cloud: AwsCloud, names: CastNames): Cast {
  const find = (accessKeyId: string) => {
    const principal = cloud.principal(accessKeyId);
    if (principal === undefined)
      throw new Error('the sandbox state names a principal that it does not hold');
    return principal;
  };
  const { keyArn, engines, admin, auditor, stranger, suspect, guest } = names;
  return {
    keyArn,
    engines: engines.map(find),
    admin: find(admin),
    auditor: find(auditor),
    stranger: find(stranger),
    suspect: find(suspect),
    guest: find(guest),
  };
}
