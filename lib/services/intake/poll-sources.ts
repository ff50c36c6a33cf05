import { systemClock } from '../../domain/clock.ts';
import { readAuditSources, writeAuditSource } from '../../store/entities/audit-sources.ts';
import type { ServiceContext } from '../context.ts';
import { repeat } from '../repeat.ts';
import { sourceAt } from './log-sources.ts';
import { type LogSource, pollLoop } from './poll-loop.ts';

export interface PollSources {
  /** What this run was given: the environment's sources and the sandbox's. */
  given: readonly LogSource[];
  say: (message: string) => void;
  leads: () => boolean;
  /** Opens a source that a person added. */
  open?: typeof sourceAt;
  /** Wall milliseconds between two looks at what was added, paused or removed. */
  everyMs?: number;
}

const everyMsDefault = 1_000;
const dayMs = 86_400_000;

/**
 * Reads every source that this run was given or that a person added, until the returned function is called. What is
 * added, paused, resumed or removed meanwhile takes effect within a second.
 */
export function pollSources(ctx: ServiceContext, options: PollSources): () => Promise<void> {
  const { given, say, leads, open = sourceAt, everyMs = everyMsDefault } = options;
  const running = new Map<string, () => Promise<unknown>>();
  // Events of a sandbox happen by its own clock, all others by the wall's.
  const wall: ServiceContext = { ...ctx, now: async () => systemClock.now() };
  let known = false;
  const look = async () => {
    if (!leads()) return;
    if (!known) await knowGiven(ctx, given);
    known = true;
    const rows = await readAuditSources(ctx.db);
    const paused = new Set(rows.flatMap(({ id, paused }) => (paused ? [id] : [])));
    const wanted = new Map<string, () => LogSource>();
    for (const source of given) wanted.set(source.sourceId, () => source);
    for (const { id, origin, place } of rows)
      if (origin === 'page' && place !== null)
        wanted.set(id, () => open(place, { startMs: systemClock.now() - dayMs, origin }));
    for (const [id, stop] of running) {
      if (wanted.has(id) && !paused.has(id)) continue;
      running.delete(id);
      await stop();
    }
    for (const [id, source] of wanted) {
      if (running.has(id) || paused.has(id)) continue;
      const one = source();
      const end = pollLoop(one.origin === 'sandbox' ? ctx : wall, one, { say, leads });
      // What was given may be read again after a pause.
      running.set(id, () => end().then(() => given.includes(one) || one.reader.close()));
    }
  };
  const first = look().catch(() => undefined);
  const stop = repeat(everyMs, () => first.then(look));
  return async () => {
    await stop();
    await first;
    await Promise.all([...running.values()].map((end) => end()));
    for (const { reader } of given) reader.close();
  };
}

/** Sources of an earlier run that this one was not given stand still. */
async function knowGiven({ db, now }: ServiceContext, given: readonly LogSource[]): Promise<void> {
  const updatedAt = await now();
  const rows = new Map((await readAuditSources(db)).map((row) => [row.id, row]));
  const isGiven = (id: string) => given.some(({ sourceId }) => sourceId === id);
  for (const { sourceId: id, origin, place } of given) {
    const row = rows.get(id);
    const kept = row ?? { cursorAt: null, polledAt: null, coveredUntil: null, message: null };
    const status = row === undefined || row.status === 'stopped' ? 'waiting' : row.status;
    const { message, cursorAt, polledAt, coveredUntil } = kept;
    const progress = { message, cursorAt, polledAt, coveredUntil, updatedAt };
    await writeAuditSource(db, { id, kind: place.kind, origin, place, status, ...progress });
  }
  for (const [id, row] of rows)
    if (!isGiven(id) && (row.origin === 'environment' || row.origin === 'sandbox'))
      await writeAuditSource(db, { ...row, status: 'stopped', message: null, updatedAt });
}
