/**
 * A chat service's day: messages arrive by a diurnal rate, continue recent conversations, begin new ones, and now and
 * then reopen one that lay still for a day or more. Deploys, the reading of an archive, a stranger and a suspect are
 * planted at fixed hours, or as planned. Endless, seeded, in order of time.
 */
export type WorkloadEvent = { at: number } & (
  | { kind: 'message'; workspace: string; conversation: ConversationChoice; process: number }
  | { kind: 'deploy'; process: number }
  /** A process dies with the telemetry that it has not sent, and starts anew. */
  | { kind: 'crash'; process: number }
  /** Process 0 writes a conversation in each of so many workspaces of their own, which then lie still. */
  | { kind: 'bulk'; workspaces: number }
  /** Of the conversations idle for so long, oldest first, `of` are read: by one process, or by all in turn. */
  | { kind: 'archive'; process: number | null; from: number; of: number; idleMs: number }
  /** For a while a share of KMS requests is throttled or fails. */
  | { kind: 'fault'; fault: 'throttled' | 'internal'; untilMs: number; share: number }
  | { kind: 'stranger'; times?: number }
  | { kind: 'suspect' }
  | { kind: 'audit' }
);

/** Which conversation a message goes to, as a point in [0, 1) of those that fit. */
export type ConversationChoice = { kind: 'new' } | { kind: 'recent' | 'old'; point: number };

export interface WorkloadOptions {
  startMs: number;
  random: () => number;
  workspaces: readonly string[];
  processes: number;
  /** Messages an hour, averaged over a day. */
  messagesPerHour: number;
  /** So long nothing is deployed, and the workspaces come one by one: their DEKs are of all ages. Default 0. */
  openingMs?: number;
  /** In order of time, instead of the day's own; without them every day has the same. */
  plants?: readonly Plant[];
}

/** Anything but a message. */
export type Plant = Exclude<WorkloadEvent, { kind: 'message' }>;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const newShare = 0.3;
const oldShare = 0.03;

/** Hours of the UTC day at which something planted happens. */
const planted = [
  { kind: 'audit', hour: 9.25 },
  { kind: 'deploy', hour: 14 },
  { kind: 'archive', hour: 6.5 },
  { kind: 'stranger', hour: 3.25 },
  { kind: 'suspect', hour: 17.6 },
] as const;
const rolloutStepMs = 20_000;
/** Workspaces written to when the service began and never since: an export reads them, each process its part. */
const archive = { workspaces: 48, idleMs: dayMs, stepMs: 25_000 };

export function* workload(options: WorkloadOptions): Generator<WorkloadEvent, never> {
  const messages = messageEvents(options);
  const plants = options.plants?.values() ?? plantedEvents(options);
  let message = messages.next().value;
  let plant: Plant | undefined = plants.next().value;
  for (;;) {
    if (plant !== undefined && plant.at <= message.at) {
      yield plant;
      plant = plants.next().value;
    } else {
      yield message;
      message = messages.next().value;
    }
  }
}

/** Office hours: three times the mean in the early afternoon, a tenth of it at night. */
function diurnalRate(at: number): number {
  const day = (at % dayMs) / dayMs;
  return Math.max(0.1, rateMax * ((1 - Math.cos(2 * Math.PI * (day - 2 / 24))) / 2) ** 3);
}

const rateMax = 3.2;

function* messageEvents(options: WorkloadOptions): Generator<WorkloadEvent, never> {
  const { random, workspaces, processes, messagesPerHour, openingMs = 0 } = options;
  const perMs = (messagesPerHour * rateMax) / hourMs;
  let at = options.startMs;
  for (;;) {
    // Thinning: arrivals at the highest rate, of which the rate of the hour keeps its share.
    at += -Math.log(1 - random()) / perMs;
    if (random() * rateMax > diurnalRate(at)) continue;
    const open = openingMs === 0 ? 1 : Math.min(1, (at - options.startMs) / openingMs);
    // Workspaces differ in size: the square favours the first ones.
    const workspace = workspaces[Math.floor(random() ** 2 * open * workspaces.length)] ?? '';
    yield {
      at: Math.floor(at),
      kind: 'message',
      workspace,
      conversation: chooseConversation(random),
      process: Math.floor(random() * processes),
    };
  }
}

function chooseConversation(random: () => number): ConversationChoice {
  const share = random();
  if (share < newShare) return { kind: 'new' };
  const kind = share < newShare + oldShare ? 'old' : 'recent';
  return { kind, point: random() };
}

function* plantedEvents(options: WorkloadOptions): Generator<Plant, never> {
  const { startMs, processes, openingMs = 0 } = options;
  if (openingMs > 0) yield { kind: 'bulk', workspaces: archive.workspaces, at: startMs };
  const of = Math.ceil(archive.workspaces / processes);
  for (let day = Math.floor(startMs / dayMs) * dayMs; ; day += dayMs) {
    const events: Plant[] = planted.flatMap(({ kind, hour }): Plant[] => {
      const at = day + hour * hourMs;
      if (kind === 'archive') {
        const { stepMs, idleMs } = archive;
        return Array.from({ length: processes }, (_, process) => ({
          ...{ kind, process, of, idleMs },
          from: process * of,
          at: at + process * stepMs,
        }));
      }
      if (kind !== 'deploy') return [{ kind, at }];
      return Array.from({ length: processes }, (_, process) => ({
        kind,
        process,
        at: at + process * rolloutStepMs,
      }));
    });
    const begins = (kind: Plant['kind']) => (kind === 'deploy' ? startMs + openingMs : startMs);
    yield* events.sort((a, b) => a.at - b.at).filter(({ kind, at }) => at >= begins(kind));
  }
}
