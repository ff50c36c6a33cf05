import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type KekProvider, parsePolicy } from '@keytide/crypto-core';
import { awsProvider } from '@keytide/crypto-core/providers/aws';
import { systemClock } from '../../domain/clock.ts';
import { AwsCloud } from '../aws/cloud.ts';
import { startAwsServer } from '../aws/server.ts';
import { writeLogFiles } from '../aws/trail-files.ts';
import { castOf, customerAccount } from '../fleet/accounts.ts';
import { inProcessProvider } from '../in-process-provider.ts';
import { VirtualRuntime } from '../virtual-runtime.ts';
import { keepTelemetry } from './keep-telemetry.ts';
import type { TraceRow } from './read-trace.ts';
import { type ReplayOptions, type ReplayResult, replay } from './replay.ts';

export type RunReplayOptions = Omit<
  ReplayOptions,
  'keyUri' | 'providerFor' | 'runtime' | 'sinkFor' | 'onMessage'
> & {
  seed: number;
  /** Over HTTP through the AWS SDK instead of in process. */
  wire: boolean;
  /** A folder for what the run leaves: `telemetry.jsonl`, and in `log` the customer's log as CloudTrail files. */
  out?: string | undefined;
};

/** A replay against a KMS of its own. @throws {RangeError} naming a policy value out of bounds. */
export async function runReplay(
  rows: readonly TraceRow[],
  { wire, out, seed, ...options }: RunReplayOptions,
): Promise<ReplayResult> {
  parsePolicy(options.policy);
  const runtime = new VirtualRuntime({ startMs: rows[0]?.at ?? 0, seed });
  const cloud = new AwsCloud({
    clock: runtime,
    random: randomBytes,
    region: 'eu-central-1',
    deliveryLagMs: { min: 0, max: 0 },
    propagationMs: 0,
    recordEvents: out !== undefined,
    eventsMax: eventsMax,
  });
  const cast = castOf(cloud, options.processes);
  const work = (providerFor: (process: string) => KekProvider) =>
    replay(rows, { ...options, ...kept, runtime, keyUri: cast.keyArn, providerFor });
  const kept = out === undefined ? null : await keepTelemetry(out);
  try {
    const result = wire ? await overWire(cloud, cast, work) : await inProcess(cloud, cast, work);
    if (out !== undefined) {
      const untilMs = runtime.now();
      await writeLogFiles(cloud, { account: customerAccount, dir: join(out, 'log'), untilMs });
    }
    return result;
  } finally {
    await kept?.close();
  }
}

/** Beyond what the largest replay that fits into memory leaves. */
const eventsMax = 5_000_000;

type Cast = ReturnType<typeof castOf>;
type Work = (providerFor: (process: string) => KekProvider) => Promise<ReplayResult>;

function inProcess(cloud: AwsCloud, cast: Cast, work: Work): Promise<ReplayResult> {
  return work((process) =>
    inProcessProvider({ cloud, principal: engineOf(cast.engines, process), sourceIp: '127.0.0.1' }),
  );
}

async function overWire(cloud: AwsCloud, cast: Cast, work: Work): Promise<ReplayResult> {
  const server = await startAwsServer({ cloud, wall: systemClock });
  try {
    return await work((process) => {
      const { accessKeyId, secretAccessKey, sessionToken } = engineOf(cast.engines, process);
      const credentials = {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken !== null && { sessionToken }),
      };
      return awsProvider({ region: cloud.region, endpoint: server.url, credentials });
    });
  } finally {
    await server.close();
  }
}

/** Processes are named `replay-N`, from 0. */
function engineOf<T>(engines: readonly T[], process: string): T {
  const engine = engines[Number(process.slice('replay-'.length))];
  if (engine === undefined) throw new RangeError(`there is no engine for ${process}`);
  return engine;
}
