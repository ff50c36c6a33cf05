import { randomBytes } from 'node:crypto';
import { type KekProvider, parsePolicy } from '@keytide/crypto-core';
import { awsProvider } from '@keytide/crypto-core/providers/aws';
import { systemClock } from '../../domain/clock.ts';
import { AwsCloud } from '../aws/cloud.ts';
import { startAwsServer } from '../aws/server.ts';
import { castOf } from '../fleet/accounts.ts';
import { inProcessProvider } from '../in-process-provider.ts';
import type { TraceRow } from './read-trace.ts';
import { type ReplayOptions, type ReplayResult, replay } from './replay.ts';

export type RunReplayOptions = Omit<ReplayOptions, 'keyUri' | 'providerFor'> & {
  /** Over HTTP through the AWS SDK instead of in process. */
  wire: boolean;
};

/** A replay against a KMS of its own. @throws {RangeError} naming a policy value out of bounds. */
export async function runReplay(
  rows: readonly TraceRow[],
  { wire, ...options }: RunReplayOptions,
): Promise<ReplayResult> {
  parsePolicy(options.policy);
  const run = wire ? overWire : inProcess;
  return run(options.processes, (keyUri, providerFor) =>
    replay(rows, { ...options, keyUri, providerFor }),
  );
}

type Work = (
  keyUri: string,
  providerFor: (process: string) => KekProvider,
) => Promise<ReplayResult>;

function newCloud(processes: number) {
  const cloud = new AwsCloud({
    clock: systemClock,
    random: randomBytes,
    region: 'eu-central-1',
    deliveryLagMs: { min: 0, max: 0 },
    propagationMs: 0,
    recordEvents: false,
  });
  return { cloud, cast: castOf(cloud, processes) };
}

async function inProcess(processes: number, work: Work): Promise<ReplayResult> {
  const { cloud, cast } = newCloud(processes);
  return work(cast.keyArn, (process) =>
    inProcessProvider({ cloud, principal: engineOf(cast.engines, process), sourceIp: '127.0.0.1' }),
  );
}

async function overWire(processes: number, work: Work): Promise<ReplayResult> {
  const { cloud, cast } = newCloud(processes);
  const server = await startAwsServer({ cloud, wall: systemClock });
  try {
    return await work(cast.keyArn, (process) => {
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
