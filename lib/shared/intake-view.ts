/** The types of what the API answers about what is stored, as schema/intake.ts says. */
import type { z } from 'zod';
import type * as intake from './schema/intake.ts';

export type StoreView = z.infer<typeof intake.storeViewShape>;
export type LeftOut = z.infer<typeof intake.leftOutShape>;
export type ImportView = z.infer<typeof intake.importViewShape>;
