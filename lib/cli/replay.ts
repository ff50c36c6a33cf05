import { readTrace, type TraceRow } from '../sandbox/replay/read-trace.ts';
import type { ReplayResult } from '../sandbox/replay/replay.ts';
import { runReplay } from '../sandbox/replay/run-replay.ts';
import { clouds } from '../sandbox/sides/side.ts';
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
  cloud: string;
  wire?: boolean;
  out?: string;
  json?: boolean;
}

const processesMax = 256;
const capacityMax = 2 ** 24;
const millionth = { min: 1, max: 1_000_000 };

/** `keytide replay`. @throws {WrongUse} {AppError} */
export async function replayCommand(trace: string, words: ReplayWords): Promise<void> {
  const options = parseWords(words);
  const rows = await readTrace(trace);
  const progress = progressLine('replaying');
  const onProgress = (done: number, of: number) => progress.show(done / of);
  const result = await runReplay(rows, {
    ...options,
    wire: words.wire ?? false,
    out: words.out,
    onProgress,
  }).catch((error: unknown) => {
    throw error instanceof RangeError ? new WrongUse(error.message) : error;
  });
  progress.end();
  process.stdout.write(words.json ? `${JSON.stringify(result)}\n` : report(rows, result));
}

function parseWords(words: ReplayWords) {
  const policy = {
    deks: choiceOption('deks', words.deks, ['shared', 'private']),
    spread: choiceOption('spread', words.spread, ['none', 'first-lease', 'jitter']),
    ...(words.capacity !== undefined && {
      capacity: countOption('capacity', words.capacity, { min: 1, max: capacityMax }),
    }),
    dekRotationMs: spanOption('rotation', words.rotation),
    rotationMode: choiceOption('rotation-mode', words.rotationMode, ['lazy', 'aligned']),
    ttlMs: spanOption('ttl', words.ttl),
  };
  return {
    cloud: choiceOption('cloud', words.cloud, clouds),
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
