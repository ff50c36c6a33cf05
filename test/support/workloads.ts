import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { TraceRow } from '../../lib/sandbox/replay/read-trace.ts';
import type { ReplayResult } from '../../lib/sandbox/replay/replay.ts';
import { runReplay } from '../../lib/sandbox/replay/run-replay.ts';

/** A policy variant as `expected.json` writes it. */
export interface Variant {
  R: number;
  nproc?: number;
  by?: 'conv' | 'ws';
  private?: boolean;
  aligned?: boolean;
  window?: number;
  ttl?: number;
  cap?: number;
  ws_mod?: number;
}

export interface ExpectedPolicy {
  messages: number;
  kms_encrypt: number;
  kms_decrypt: number;
  decrypt_cause: Record<string, number>;
  expired_idle?: Record<string, number>;
}

export interface Expected {
  variants: Record<string, Variant>;
  traces: Record<string, { policies: Record<string, ExpectedPolicy> }>;
}

export interface ExpectedHour {
  trace: string;
  variant: string;
  hour: number;
  messages: number;
  encrypt: number;
  decrypt: number;
}

const variants = [
  '24h_1p',
  '1h_1p',
  '24h_8p_row_shared',
  '1h_8p_row_shared',
  '24h_8p_conv_shared',
  '24h_8p_ws_shared',
  '24h_1p_aligned',
  '24h_1p_window50',
  '24h_1p_ttl5m',
  '24h_1p_ttl24h',
  '24h_8p_row_private',
  '24h_1p_cap32',
  '24h_1p_cap256',
  '24h_1p_ws16',
  '24h_8p_row_shared_ws16',
  '24h_1p_ws256',
];

/** Every trace with its variants. The two organisations of zulip stay two workspaces. */
export const recordedCases = ['ragpulse_14d', 'mooncake_conv_1h', 'zulip_two_orgs'].flatMap(
  (trace) =>
    variants
      .filter((name) => trace !== 'zulip_two_orgs' || !/_ws\d+$/.test(name))
      .map((name) => ({ trace, name })),
);

const routings = { conv: 'conversation', ws: 'workspace' } as const;

export async function readExpected(path: string): Promise<Expected> {
  return JSON.parse(await readFile(path, 'utf8')) as Expected;
}

export async function readExpectedHours(path: string): Promise<ExpectedHour[]> {
  const [, ...lines] = gunzipSync(await readFile(path))
    .toString()
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [trace = '', variant = '', ...counts] = line.split(',');
    const [hour = -1, messages = -1, encrypt = -1, decrypt = -1] = counts.map(Number);
    return { trace, variant, hour, messages, encrypt, decrypt };
  });
}

/** Replays a trace under a variant against the sandbox's KMS in process; what it leaves is kept in `out`. */
export function replayVariant(
  rows: readonly TraceRow[],
  variant: Variant,
  out?: string,
): Promise<ReplayResult> {
  return runReplay(rows, {
    policy: {
      dekRotationMs: variant.R,
      rotationMode: variant.aligned ? 'aligned' : 'lazy',
      ttlMs: variant.ttl ?? 3_600_000,
      deks: variant.private ? 'private' : 'shared',
      ...(variant.cap !== undefined && { capacity: variant.cap }),
    },
    processes: variant.nproc ?? 1,
    routing: variant.by === undefined ? 'row' : routings[variant.by],
    window: variant.window,
    workspacesMod: variant.ws_mod,
    seed: 1,
    wire: false,
    out,
  });
}
