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
  // Twice: at one of them the keys of the first day have been cold for long, whenever history begins.
  { kind: 'archive', hour: 6.5 },
  { kind: 'archive', hour: 18.5 },
  { kind: 'stranger', hour: 3.25 },
  { kind: 'suspect', hour: 17.6 },
] as const;
const rolloutStepMs = 20_000;
/** An export of old conversations: one process after the other reads its part. */
const archive = { of: 100, idleMs: dayMs, stepMs: 60_000 };

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

/** Twice the mean in the early afternoon, a tenth of it at night. */
function diurnalRate(at: number): number {
  const day = (at % dayMs) / dayMs;
  return Math.max(0.1, 1 - 1.1 * Math.cos(2 * Math.PI * (day - 2 / 24)));
}

const rateMax = 2.1;

function* messageEvents(options: WorkloadOptions): Generator<WorkloadEvent, never> {
  const { random, workspaces, processes, messagesPerHour } = options;
  const perMs = (messagesPerHour * rateMax) / hourMs;
  let at = options.startMs;
  for (;;) {
    // Thinning: arrivals at the highest rate, of which the rate of the hour keeps its share.
    at += -Math.log(1 - random()) / perMs;
    if (random() * rateMax > diurnalRate(at)) continue;
    // Workspaces differ in size: the square favours the first ones.
    const workspace = workspaces[Math.floor(random() ** 2 * workspaces.length)] ?? '';
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

function* plantedEvents({ startMs, processes }: WorkloadOptions): Generator<Plant, never> {
  for (let day = Math.floor(startMs / dayMs) * dayMs; ; day += dayMs) {
    const events: Plant[] = planted.flatMap(({ kind, hour }): Plant[] => {
      const at = day + hour * hourMs;
      if (kind === 'archive') {
        const { stepMs, ...part } = archive;
        return Array.from({ length: processes }, (_, process) => ({
          ...{ kind, process, ...part },
          from: process * part.of,
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
    yield* events.sort((a, b) => a.at - b.at).filter(({ at }) => at >= startMs);
  }
}
