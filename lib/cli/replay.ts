import { z } from 'zod';
import { readTrace, type TraceRow } from '../sandbox/replay/read-trace.ts';
import type { ReplayResult } from '../sandbox/replay/replay.ts';
import { runReplay } from '../sandbox/replay/run-replay.ts';
import { clouds } from '../sandbox/sides/side.ts';
import { choiceOption, countOption, parseOptions, spanOption, WrongUse } from './options.ts';
import { percentOf, progress } from './progress.ts';

const millionth = { min: 1, max: 1_000_000 };

const replayOptions = z.object({
  rotation: spanOption,
  rotationMode: choiceOption(['lazy', 'aligned']),
  ttl: spanOption,
  processes: countOption({ min: 1, max: 256 }),
  routing: choiceOption(['row', 'conversation', 'workspace']),
  deks: choiceOption(['shared', 'private']),
  capacity: countOption({ min: 1, max: 2 ** 24 }).optional(),
  window: countOption(millionth).optional(),
  workspacesMod: countOption(millionth).optional(),
  spread: choiceOption(['none', 'first-lease', 'jitter']),
  seed: countOption({ min: 0, max: 2 ** 32 - 1 }),
  cloud: choiceOption(clouds),
  wire: z.boolean().optional(),
  out: z.string().optional(),
  json: z.boolean().optional(),
});

/** `keytide replay`. @throws {WrongUse} {AppError} */
export async function replayCommand(trace: string, words: object): Promise<void> {
  const options = parseOptions(replayOptions, words);
  const rows = await readTrace(trace);
  const replaying = progress('replaying');
  const onProgress = (done: number, of: number) => replaying.show(percentOf(done / of));
  const result = await runReplay(rows, {
    policy: policyOf(options),
    processes: options.processes,
    routing: options.routing,
    window: options.window,
    workspacesMod: options.workspacesMod,
    seed: options.seed,
    cloud: options.cloud,
    wire: options.wire ?? false,
    out: options.out,
    onProgress,
  })
    .catch((error: unknown) => {
      throw error instanceof RangeError ? new WrongUse(error.message) : error;
    })
    .finally(replaying.end);
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : report(rows, result));
}

const policyOf = (options: z.infer<typeof replayOptions>) => ({
  deks: options.deks,
  spread: options.spread,
  ...(options.capacity !== undefined && { capacity: options.capacity }),
  dekRotationMs: options.rotation,
  rotationMode: options.rotationMode,
  ttlMs: options.ttl,
});

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
