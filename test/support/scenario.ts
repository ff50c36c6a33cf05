/**
 * Fleets whose truth is known: the sandbox lives through a few hours in virtual time, with something planted in them.
 * Its telemetry is kept as it was sent, its customer's log as it was delivered.
 */
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import type { TelemetryBatch } from '../../lib/domain/telemetry-record.ts';
import { customerAccount } from '../../lib/sandbox/fleet/accounts.ts';
import type { Plant } from '../../lib/sandbox/fleet/workload.ts';
import { history, Sandbox, type SandboxOptions } from '../../lib/sandbox/sandbox.ts';
import type { RootKind } from '../../lib/shared/spike-view.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { parseCloudTrail } from '../../lib/sources/cloudtrail/parse.ts';
import { keepTelemetry } from './keep-telemetry.ts';
import { emptyBatch } from './records.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const startMs = Date.UTC(2026, 10, 20, 8, 48);
const ttlMs = 17 * minuteMs;
const minutes = 106;

export type Planted = RootKind | 'stranger';

export interface Scenario {
  name: string;
  from: number;
  to: number;
  /** Spikes that were planted, by what they must be found to be. */
  planted: { at: number; kind: Planted }[];
  telemetry: TelemetryBatch;
  audit: AuditRecord[];
  truth: { strangers: number; suspects: number; lost: number };
}

interface Cast {
  plants: Plant[];
  planted: Scenario['planted'];
  processes: number;
  workspaces: number;
  messagesPerHour: number;
  capacity?: number;
  aligned?: boolean;
  jitter?: boolean;
  rotationMs: number;
}

type Draw = <T>(of: readonly T[]) => T;

/** What may be planted, each by the instant at which it happens. */
const stories: Record<string, (at: number, cast: Cast, draw: Draw) => void> = {
  deploy(at, cast) {
    cast.messagesPerHour += 3_000;
    for (let process = 0; process < cast.processes; process += 1)
      cast.plants.push({ kind: 'deploy', process, at: at + process * 2_000 });
    cast.planted.push({ at, kind: 'deploy' });
  },
  archive(at, cast) {
    cast.plants.push({ kind: 'bulk', workspaces: 100, at: startMs });
    cast.plants.push({ kind: 'archive', process: null, from: 0, of: 1_000, idleMs, at });
    cast.planted.push({ at, kind: 'reopened' });
  },
  rotation(at, cast) {
    Object.assign(cast, { processes: 1, workspaces: 70, messagesPerHour: 15_000 });
    // DEKs made together would echo together, as high as they began: this one is not about echoes.
    Object.assign(cast, { rotationMs: hourMs, aligned: true, jitter: true });
    cast.planted.push({ at: Math.floor(at / hourMs) * hourMs, kind: 'rotation' });
  },
  eviction(at, cast) {
    Object.assign(cast, { processes: 1, capacity: 45 });
    cast.plants.push({ kind: 'bulk', workspaces: 60, at: startMs });
    const again = at + 2 * minuteMs;
    // Read little by little, so that what is in steady use stays where the rest is pushed out.
    for (const then of [at, again, again + 2 * minuteMs])
      for (let from = 0; from < 60; from += 2)
        cast.plants.push({
          kind: 'archive',
          process: 0,
          from,
          of: 2,
          idleMs,
          at: then + from * 700,
        });
    cast.planted.push({ at: again, kind: 'eviction' });
  },
  stranger(at, cast) {
    cast.plants.push({ kind: 'stranger', times: 90, at });
    cast.planted.push({ at, kind: 'stranger' });
  },
  throttling(at, cast, draw) {
    const fault = draw(['throttled', 'internal'] as const);
    cast.plants.push({ kind: 'fault', fault, share: 0.4, at, untilMs: at + 6 * minuteMs });
  },
  'telemetry lost'(at, cast, draw) {
    cast.plants.push({ kind: 'crash', process: draw([0, 1, 2]), at });
  },
  suspect(at, cast) {
    cast.plants.push({ kind: 'suspect', at });
  },
};
const idleMs = 38 * minuteMs;
const alone = new Set(['rotation', 'eviction']);

/** The scenario of a seed; one in three has several stories at once. */
export async function scenario(seed: number): Promise<Scenario> {
  const random = seededRandom(seed);
  const draw: Draw = (of) => of[Math.floor(random() * of.length)] as (typeof of)[number];
  const cast: Cast = {
    plants: [],
    planted: [],
    processes: 4 + Math.floor(random() * 4),
    workspaces: 10,
    rotationMs: 55 * minuteMs,
    messagesPerHour: 4_000 + Math.floor(random() * 1_500),
  };
  const names = Object.keys(stories);
  const chosen = [names[seed % names.length] ?? 'deploy'];
  if (seed % 3 === 0 && !alone.has(chosen[0] ?? ''))
    for (const name of [draw(names), draw(names)])
      if (!alone.has(name) && !chosen.includes(name)) chosen.push(name);
  for (const [number, name] of chosen.entries()) {
    // Apart by more than a spike lasts, so that each has one cause.
    const at = Math.floor(startMs + (73 + number * 11 + random() * 3) * minuteMs);
    stories[name]?.(at, cast, draw);
  }
  return liveCast(chosen.join(', '), seed, cast);
}

/** The sandbox's own afternoon, as it lays its history: a deploy at 14:00 under the default policy, and its echoes. */
export function sandboxAfternoon(seed: number): Promise<Scenario> {
  const from = Date.UTC(2026, 10, 20, 12);
  const options = { messagesPerHour: 1_200, processes: 6, workspaces: workspaceNames(8) };
  return live({ name: 'afternoon', seed, from, minutes: 6.5 * 60, planted: [] }, options);
}

/** What `keytide up` lays: two days of the sandbox's own scenery, until `to`. */
export function sandboxHistory({ seed, to }: { seed: number; to: number }): Promise<Scenario> {
  const { lengthMs, openingMs } = history;
  const given = { name: 'history', seed, from: to - lengthMs, planted: [] };
  return live({ ...given, minutes: lengthMs / minuteMs }, { openingMs });
}

const workspaceNames = (count: number) =>
  Array.from({ length: count }, (_, number) => `w${number}`);

function liveCast(name: string, seed: number, cast: Cast): Promise<Scenario> {
  const { plants, planted, capacity, aligned, jitter, rotationMs } = cast;
  return live(
    { name, seed, from: startMs, minutes, planted },
    {
      messagesPerHour: cast.messagesPerHour,
      processes: cast.processes,
      workspaces: workspaceNames(cast.workspaces),
      plants: [...plants].sort((a, b) => a.at - b.at),
      policy: {
        ttlMs,
        dekRotationMs: rotationMs,
        ...(capacity !== undefined && { capacity }),
        ...(aligned && { rotationMode: 'aligned' as const }),
        ...(jitter ? { spread: 'jitter', ttlJitter: 0.9 } : { spread: 'first-lease' }),
        attemptsMax: 5,
        backoffMs: 1,
      },
    },
  );
}

async function live(
  given: Pick<Scenario, 'name' | 'from' | 'planted'> & { seed: number; minutes: number },
  options: Partial<SandboxOptions>,
): Promise<Scenario> {
  const { seed, from, planted } = given;
  const telemetry = emptyBatch();
  const receiver = await keepTelemetry(telemetry);
  const to = from + given.minutes * minuteMs;
  const sandbox = new Sandbox({
    startMs: from,
    seed,
    otlp: { url: receiver.url, token: 'made-up' },
    flushEveryMs: 15 * minuteMs,
    ...options,
  });
  try {
    await sandbox.layHistory(to, () => {});
    const audit = sandbox.awsSide.aws.events(customerAccount).flatMap(({ record }) => {
      const parsed = parseCloudTrail(record);
      return parsed.kind === 'record' ? [parsed.record] : [];
    });
    const known = new Set(telemetry.calls.map(callId));
    const lost = audit.filter(({ claim }) => claim !== null && !known.has(callId(claim)));
    const strangers = audit.filter(({ principalName }) => principalName.includes('nightly-export'));
    const suspects = options.plants?.some(({ kind }) => kind === 'suspect') ? 3 : 0;
    return {
      name: `${given.name} (seed ${seed})`,
      from,
      to,
      planted,
      telemetry,
      audit,
      truth: { strangers: strangers.length, suspects, lost: lost.length },
    };
  } finally {
    await sandbox.close();
    await receiver.close();
  }
}

const callId = ({ process, boot, seq }: { process: string; boot: string; seq: number }) =>
  tupleKey(process, boot, seq);
