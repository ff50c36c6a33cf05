/** The types of what `/api/markers` answers, as schema/markers.ts says. */
import type { z } from 'zod';
import type * as markers from './schema/markers.ts';

export type MarkersView = z.infer<typeof markers.markersViewShape>;
export type MarkerView = MarkersView['markers'][number];
