/** A measurement on a test key, as the API and the page tell it. */
import type { z } from 'zod';
import type * as measure from './schema/measure.ts';

export type MeasureView = z.infer<typeof measure.measureViewShape>;
export type MeasureTurn = z.infer<typeof measure.measureTurnShape>;
