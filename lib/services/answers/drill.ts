import { instantEnd, instantMin } from '../../domain/instant-range.ts';
import { isOfKey } from '../../domain/key-changes.ts';
import { drillOf } from '../../explain/drill/drill.ts';
import type { DrillFacts, KeyChange } from '../../explain/drill/facts.ts';
import { answersIn, revocationsOf } from '../../explain/drill/revocations.ts';
import { renderDrill } from '../../explain/words/drill-report.ts';
import type { DrillView } from '../../shared/drill-view.ts';
import { aliasesOf } from '../../store/views/key-names.ts';
import {
  readKeyChanges,
  readKeyUses,
  readLogExtent,
  readLogOff,
} from '../../store/views/keys/read-drill-log.ts';
import { readDrillStart } from '../../store/views/keys/read-drill-start.ts';
import {
  type DrillSpan,
  readDrillBoots,
  readDrillLeases,
  readHitMinutes,
  readLoneAttempts,
} from '../../store/views/keys/read-drill-telemetry.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { aliasArns, changesOf, type DrillRows, drillFacts } from './drill-facts.ts';
import { drilledKeyOf } from './key-id.ts';
import { unknownKey } from './key-use.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { readService, serviceFacts } from './service-facts.ts';

const hourMs = 3_600_000;
/** Who asked a day before a revocation may still hold what it got. */
const beforeMs = 25 * hourMs;
/** What tells of a span comes with it or a little later. */
const toldWithinMs = 2 * hourMs;

interface Asked {
  ctx: ServiceContext;
  input: { key: string };
}

/**
 * How long each revocation of a key took to bite, from what is stored: it only reads. A key that was never revoked may
 * be refused all the same: to callers that were granted within a day before.
 * @throws {AppError} `not-found` where nothing is known of the key.
 */
export const drill = ({ ctx, input }: Asked): Promise<DrillView> =>
  oneSnapshot(ctx, async (view) => {
    const key = await drilledKeyOf(view, input.key);
    return drillOf(drillFacts(key, await readRows(view, key)));
  });

/** The same as a Markdown report. */
export const drillReport = async (asked: Asked): Promise<string> => renderDrill(await drill(asked));

async function readRows(ctx: ViewContext, key: string): Promise<DrillRows> {
  const { db } = ctx;
  const { promise } = serviceFacts(await readService({ ctx }));
  const changes = (await readKeyChanges(db, [key])).get(key) ?? [];
  const effective = changesOf(changes, key, []).filter(({ effect }) => effect !== 'none');
  const [first] = effective;
  const keys = [...new Set([key, ...aliasArns(changes, key), ...(await aliasesOf(db, key))])];
  // Where nothing was revoked, only refusals are looked for.
  const from = first?.at ?? (await readDrillStart(db, keys)) ?? instantMin;
  const window = { from: from - beforeMs, to: toldUntil(effective) };
  const { uses, isCut } = await readKeyUses(db, { key, ...window });
  const told = { keys, ...window };
  const lone = await readLoneAttempts(db, told);
  const log = await readLogExtent(db, key);
  const rows: DrillRows = {
    promisedTtlMs: promise?.ttlMs ?? null,
    log: log !== null && isCut ? { ...log, from: uses[0]?.at ?? log.from } : log,
    ...{ changes, uses, lone, boots: [] },
    hits: await readHitMinutes(db, told),
    leases: await readDrillLeases(db, told),
    logOff: await readLogOff(db),
  };
  const boots = await readDrillBoots(db, told, judgedSpans(drillFacts(key, rows)));
  const known = [uses, lone, boots].some(({ length }) => length > 0);
  if (!known && changes.every((change) => change.key === null)) throw unknownKey(key);
  return { ...rows, boots };
}

/** Once a key that only its own state ever closed is open again, what follows tells nothing. */
function toldUntil(changes: readonly KeyChange[]): number {
  const last = changes.at(-1);
  const taken = changes.some(({ effect }) => effect === 'takes');
  return last?.effect === 'gives' && taken && changes.every(isOfKey)
    ? last.at + toldWithinMs
    : instantEnd;
}

/** The times about revocations in which each missing call matters, none overlapping another. */
function judgedSpans({ changes, answers, hits }: DrillFacts): DrillSpan[] {
  const spans: DrillSpan[] = [];
  for (const { first, end } of revocationsOf(changes, answers)) {
    const granted = answersIn(answers, first.at, end).filter(({ refusal }) => refusal === null);
    const used = hits.filter(({ at }) => at >= first.at && at < end);
    const last = [...granted, ...used].reduce((most, { at }) => Math.max(most, at), first.at);
    // A data key is used for a day at most after the last grant.
    const to = Math.min(end, last + beforeMs) + toldWithinMs;
    const before = spans.at(-1);
    if (before !== undefined && first.at - beforeMs <= before.to) before.to = to;
    else spans.push({ from: first.at - beforeMs, to });
  }
  return spans;
}
