import { randomBytes } from 'node:crypto';
import { type KekProvider, parsePolicy } from '@keytide/crypto-core';
import { awsProvider } from '@keytide/crypto-core/providers/aws';
import { systemClock } from '../domain/clock.ts';
import { AwsCloud } from '../sandbox/aws/cloud.ts';
import { startAwsServer } from '../sandbox/aws/server.ts';
import { castOf } from '../sandbox/fleet/accounts.ts';
import { inProcessProvider } from '../sandbox/in-process-provider.ts';
import { readTrace, type TraceRow } from '../sandbox/replay/read-trace.ts';
import { type ReplayResult, replay } from '../sandbox/replay/replay.ts';
import { choiceOption, countOption, spanOption, WrongUse } from './options.ts';
import { progressLine } from './progress.ts';

interface ReplayWords {
  rotation: string;
  rotationMode: string;
  ttl: string;
  processes: string;
  routing: string;
  deks: string;
  capacity?: string;
  window?: string;
  workspacesMod?: string;
  spread: string;
  seed: string;
  wire?: boolean;
  json?: boolean;
}

const processesMax = 256;
const millionth = { min: 1, max: 1_000_000 };

/** `keytide replay`. @throws {WrongUse} {AppError} */
export async function replayCommand(trace: string, words: ReplayWords): Promise<void> {
  const options = parseWords(words);
  const rows = await readTrace(trace);
  const progress = progressLine('replaying');
  const run = words.wire ? overWire : inProcess;
  const result = await run(options.processes, (keyUri, providerFor) =>
    replay(rows, {
      ...options,
      keyUri,
      providerFor,
      onProgress: (done, of) => progress.show(done / of),
    }),
  );
  progress.end();
  process.stdout.write(words.json ? `${JSON.stringify(result)}\n` : report(rows, result));
}

function parseWords(words: ReplayWords) {
  if (choiceOption('deks', words.deks, ['shared', 'private']) === 'private')
    later('--deks private');
  if (choiceOption('spread', words.spread, ['none', 'first-lease', 'jitter']) !== 'none')
    later('--spread');
  if (words.capacity !== undefined) later('--capacity');
  const policy = {
    dekRotationMs: spanOption('rotation', words.rotation),
    rotationMode: choiceOption('rotation-mode', words.rotationMode, ['lazy', 'aligned']),
    ttlMs: spanOption('ttl', words.ttl),
  };
  try {
    parsePolicy(policy);
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : 'the policy is out of bounds');
  }
  return {
    policy,
    processes: countOption('processes', words.processes, { min: 1, max: processesMax }),
    routing: choiceOption('routing', words.routing, ['row', 'conversation', 'workspace']),
    window: words.window === undefined ? undefined : countOption('window', words.window, millionth),
    workspacesMod:
      words.workspacesMod === undefined
        ? undefined
        : countOption('workspaces-mod', words.workspacesMod, millionth),
    seed: countOption('seed', words.seed, { min: 0, max: 2 ** 32 - 1 }),
  };
}

function later(what: string): never {
  throw new WrongUse(`${what} is not in this release yet`);
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

function report(rows: readonly TraceRow[], result: ReplayResult): string {
  const { messages, kmsEncrypt, kmsDecrypt } = result;
  const requests = kmsEncrypt + kmsDecrypt;
  const per = requests > 0 ? ` (one for every ${(messages / requests).toFixed(1)} messages)` : '';
  const causes = Object.entries(result.causes).filter(([, n]) => n > 0);
  const busiest = [...result.hourly]
    .sort((a, b) => b.encrypt + b.decrypt - a.encrypt - a.decrypt)
    .slice(0, 5);
  return [
    `${messages} messages from ${iso(rows[0]?.at)} to ${iso(rows.at(-1)?.at)}`,
    `${requests} KMS requests${per}: ${kmsEncrypt} Encrypt, ${kmsDecrypt} Decrypt`,
    '',
    ...causes.map(([cause, n]) => `  ${String(n).padStart(9)}  ${cause}`),
    '',
    'busiest hours:',
    ...busiest.map(
      (hour) =>
        `  ${hour.hour}  ${hour.encrypt} Encrypt, ${hour.decrypt} Decrypt, ${hour.messages} messages`,
    ),
    '',
  ].join('\n');
}

const iso = (at: number | undefined) => new Date(at ?? 0).toISOString().slice(0, 16).concat('Z');
