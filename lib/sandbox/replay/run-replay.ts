import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type KekProvider, parsePolicy } from '@keytide/crypto-core';
import { awsProvider } from '@keytide/crypto-core/providers/aws';
import { systemClock } from '../../domain/clock.ts';
import { AwsCloud } from '../aws/cloud.ts';
import { inProcessProvider } from '../aws/in-process-provider.ts';
import { startAwsServer } from '../aws/server.ts';
import { writeLogFiles } from '../aws/trail-files.ts';
import { castOf, customerAccount } from '../fleet/accounts.ts';
import { AzureSide } from '../sides/azure-side.ts';
import { GcpSide } from '../sides/gcp-side.ts';
import type { CloudName } from '../sides/side.ts';
import { VirtualRuntime } from '../virtual-runtime.ts';
import { keepTelemetry } from './keep-telemetry.ts';
import type { TraceRow } from './read-trace.ts';
import { type ReplayOptions, type ReplayResult, replay } from './replay.ts';

export type RunReplayOptions = Omit<
  ReplayOptions,
  'keyUri' | 'providerFor' | 'runtime' | 'sinkFor' | 'onMessage'
> & {
  seed: number;
  /** Default AWS; over another only on its wire. */
  cloud?: CloudName;
  /** Over the cloud's own wire through its SDK instead of in process. */
  wire: boolean;
  /** A folder for what the run leaves: `telemetry.jsonl`, and in `log` the customer's log as its cloud writes it. */
  out?: string | undefined;
};

/** A replay against a KMS of its own. @throws {RangeError} naming a policy value out of bounds, or what has no wire */
export async function runReplay(
  rows: readonly TraceRow[],
  { cloud = 'aws', wire, out, seed, ...options }: RunReplayOptions,
): Promise<ReplayResult> {
  parsePolicy(options.policy);
  if (cloud !== 'aws' && !wire) throw new RangeError(`--cloud ${cloud} needs --wire`);
  const runtime = new VirtualRuntime({ startMs: rows[0]?.at ?? 0, seed });
  const kept = out === undefined ? null : await keepTelemetry(out);
  const about = { runtime, processes: options.processes, recordEvents: out !== undefined };
  const target = cloud === 'aws' ? await awsTarget(about, wire) : await sideTarget(about, cloud);
  try {
    const { keyUri, providerFor } = target;
    const result = await replay(rows, { ...options, ...kept, runtime, keyUri, providerFor });
    if (out !== undefined) await target.writeLogs(join(out, 'log'));
    return result;
  } finally {
    await target.close();
    await kept?.close();
  }
}

/** What a replay calls. */
interface Target {
  keyUri: string;
  /** Processes are named `replay-N`, from 0. */
  providerFor: (process: string) => KekProvider;
  writeLogs(dir: string): Promise<unknown>;
  close(): Promise<void>;
}

interface TargetOptions {
  runtime: VirtualRuntime;
  processes: number;
  recordEvents: boolean;
}

const numberOf = (process: string) => Number(process.slice('replay-'.length));
const atOnce = { logDelayMs: { min: 0, max: 0 }, propagationMs: 0 };

async function sideTarget(
  { runtime: clock, processes }: TargetOptions,
  cloud: 'gcp' | 'azure',
): Promise<Target> {
  const options = { clock, processes, ...atOnce };
  const side = cloud === 'gcp' ? new GcpSide(options) : new AzureSide(options);
  await side.open();
  return {
    keyUri: side.keyUri,
    providerFor: (process) => side.provider(numberOf(process)),
    writeLogs: (dir) => side.writeLogs(dir),
    close: () => side.close(),
  };
}

/** Beyond what the largest replay that fits into memory leaves. */
const eventsMax = 5_000_000;

async function awsTarget(
  { runtime: clock, processes, recordEvents }: TargetOptions,
  wire: boolean,
): Promise<Target> {
  const cloud = new AwsCloud({
    clock,
    random: randomBytes,
    region: 'eu-central-1',
    deliveryLagMs: { min: 0, max: 0 },
    propagationMs: 0,
    recordEvents,
    eventsMax,
  });
  const { engines, keyArn } = castOf(cloud, processes);
  const server = wire ? await startAwsServer({ cloud, wall: systemClock }) : null;
  const account = customerAccount;
  return {
    keyUri: keyArn,
    providerFor: (process) => {
      const principal = engines[numberOf(process)];
      if (principal === undefined) throw new RangeError(`there is no engine for ${process}`);
      if (server === null) return inProcessProvider({ cloud, principal, sourceIp: '127.0.0.1' });
      const { accessKeyId, secretAccessKey, sessionToken } = principal;
      const credentials = {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken !== null && { sessionToken }),
      };
      return awsProvider({ region: cloud.region, endpoint: server.url, credentials });
    },
    writeLogs: (dir) => writeLogFiles(cloud, { account, dir, untilMs: clock.now() }),
    close: async () => server?.close(),
  };
}
