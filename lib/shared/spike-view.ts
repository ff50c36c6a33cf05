/** The types of what `/api/spikes` and `/api/spikes/<id>` answer, as schema/spikes.ts says. */
import type { z } from 'zod';
import type * as spikes from './schema/spikes.ts';

export type SpikeUnit = z.infer<typeof spikes.spikeUnitShape>;
export type DropCause = z.infer<typeof spikes.dropCauseShape>;
export type RootKind = z.infer<typeof spikes.rootKindShape>;
export type EchoOrigin = z.infer<typeof spikes.echoOriginShape>;
export type EchoStep = z.infer<typeof spikes.echoStepShape>;
export type EchoAhead = z.infer<typeof spikes.echoAheadShape>;
export type CohortAhead = z.infer<typeof spikes.cohortAheadShape>;
export type SpikeView = z.infer<typeof spikes.spikeViewShape>;
export type SpikePart = z.infer<typeof spikes.spikePartShape>;
export type SpikeBreakdown = z.infer<typeof spikes.spikeBreakdownShape>;
export type SpikeCombination = z.infer<typeof spikes.spikeCombinationShape>;
export type SpikeMinute = z.infer<typeof spikes.spikeMinuteShape>;
export type SpikeDetail = z.infer<typeof spikes.spikeDetailShape>;
export type SpikesView = z.infer<typeof spikes.spikesViewShape>;

/** Below this share a cohort does not explain a spike. */
export const explainsMin = 0.3;

/** The cohort that a spike goes back to, where it explains a part of it worth naming. */
export const namedEcho = ({ echo }: Pick<SpikeView, 'echo'>): EchoOrigin | null =>
  echo !== null && echo.share >= explainsMin ? echo : null;
