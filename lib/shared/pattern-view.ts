/** The types of what `/api/pattern` answers, as schema/pattern.ts says. */
import type { z } from 'zod';
import type * as pattern from './schema/pattern.ts';

export type HourRow = z.infer<typeof pattern.hourRowShape>;
export type PatternLine = z.infer<typeof pattern.patternLineShape>;
export type PatternView = z.infer<typeof pattern.patternViewShape>;
export type Brush = z.infer<typeof pattern.brushShape>;
export type BrushView = z.infer<typeof pattern.brushViewShape>;
export type BrushDimension = BrushView['dimensions'][number]['dimension'];
