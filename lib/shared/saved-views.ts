/** The type of what `/api/views` answers, as schema/views.ts says. */
import type { z } from 'zod';
import type { savedViewsShape } from './schema/views.ts';

export type SavedViews = z.infer<typeof savedViewsShape>;
