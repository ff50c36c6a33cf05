import type { ServiceContext } from '../context.ts';
import { brush } from './brush.ts';
import { listCalls, rawEvent } from './calls.ts';
import { listChoices } from './choices.ts';
import { drill, drillReport } from './drill.ts';
import { explain } from './explain.ts';
import { keepSpikes } from './keep-spikes.ts';
import { metrics } from './metrics.ts';
import { pattern } from './pattern.ts';
import { jsonReport, report } from './report.ts';
import { describeSpike } from './spike-detail.ts';
import { listSpikes } from './spikes.ts';

/** What is reckoned on threads, by name: a question crosses to one as its name and its input. */
const verbs = {
  explain,
  listSpikes,
  describeSpike,
  pattern,
  brush,
  listCalls,
  rawEvent,
  listChoices,
  report,
  jsonReport,
  metrics,
  drill,
  drillReport,
  keepSpikes,
} as const;

export type Verb = keyof typeof verbs;
export type VerbInput<V extends Verb> = Parameters<(typeof verbs)[V]>[0]['input'];
export type VerbAnswer<V extends Verb> = Awaited<ReturnType<(typeof verbs)[V]>>;

/** A question as it is sent to a thread. */
export type Question = {
  [V in Verb]: { verb: V; input: VerbInput<V> };
}[Verb];

/** @throws {AppError} as the verb does */
export const answerTo = (
  { verb, input }: Question,
  ctx: ServiceContext,
): Promise<VerbAnswer<Verb>> =>
  // Each name's input is its verb's: the union's members say so, which TypeScript does not carry over.
  (verbs[verb] as (of: { ctx: ServiceContext; input: unknown }) => Promise<VerbAnswer<Verb>>)({
    ctx,
    input,
  });
