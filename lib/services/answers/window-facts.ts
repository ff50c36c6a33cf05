import type { KeyFilter } from '../../domain/key-filter.ts';
import type { WindowFacts } from '../../explain/ledger/facts.ts';
import type { ExplainFilter } from '../../shared/dto.ts';
import { type HourMessages, sumMessages } from '../../shared/messages-csv.ts';
import type { ServiceFacts } from '../../shared/service-facts.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import type { AuditSourceRow } from '../../store/entities/audit-sources.ts';
import { readCrossAccountKeys } from '../../store/views/ledger/read-cross-account-keys.ts';
import { readEdges } from '../../store/views/ledger/read-edges.ts';
import { readWindow } from '../../store/views/ledger/read-window.ts';
import { readPrincipals } from '../../store/views/read-principals.ts';
import type { ViewContext } from '../context.ts';
import { coverageOf, filesAlone } from './coverage.ts';
import type { Watermark } from './watermark.ts';

const hourMs = 3_600_000;

export interface ExplainInput {
  window: TimeWindow;
  filter?: ExplainFilter;
  /** The user's own counts of messages where telemetry has none. */
  messages?: readonly HourMessages[];
  /** An overview leaves out the closed form and which conversations were reopened: they take longest. */
  panel?: 'overview' | null;
}

/** The sums of a window and what they are to be read with. */
export async function windowFacts(
  ctx: ViewContext,
  { window, filter, messages }: Pick<ExplainInput, 'window' | 'messages'> & { filter: KeyFilter },
  known: {
    sources: readonly AuditSourceRow[];
    service: ServiceFacts;
    watermark: Watermark;
    sumsBefore: number | null;
  },
): Promise<WindowFacts> {
  const { db } = ctx;
  const { sources, service, sumsBefore } = known;
  const { toldUntil, loggedUntil } = known.watermark;
  const sumsSince = async (from: number) =>
    from < window.to
      ? readWindow(db, { from: Math.max(window.from, from), to: window.to, filter })
      : [];
  const principals = await readPrincipals(db);
  const sums = await readWindow(db, { ...window, filter });
  return {
    window,
    sums,
    uncovered: await sumsSince(loggedUntil ?? window.from),
    untold: await sumsSince(toldUntil),
    toldUntil,
    edges: sumsBefore === null ? await readEdges(db, { ...window, filter }) : noEdges,
    ofProcess: filter.process !== undefined,
    principals: new Map(principals.map(({ id, name, ours }) => [id, { name, ours }])),
    crossAccountKeys: new Set(await readCrossAccountKeys(db, window)),
    coveredUntil: coverageOf(sources),
    filesAlone: filesAlone(sources),
    lagMs: sources.reduce<number | null>(
      (most, { lagMs }) => (lagMs === null ? most : Math.max(most ?? 0, lagMs)),
      null,
    ),
    sumsBefore,
    // A rate says nothing of a window that nothing is known of.
    messagesGiven: messagesIn(window, messages, sums.length > 0 ? service.messagesPerHour : null),
  };
}

/** As they were counted, else by the rate that was told; null where neither is. */
function messagesIn(
  window: TimeWindow,
  counted: readonly HourMessages[] | undefined,
  messagesPerHour: number | null,
): number | null {
  if (counted !== undefined) return sumMessages(counted, window);
  if (messagesPerHour === null) return null;
  return Math.round((messagesPerHour * (window.to - window.from)) / hourMs);
}

/** Where pairs are gone, nobody can tell which of them the edges part. */
export const noEdges = { attempts: 0, events: 0 };
