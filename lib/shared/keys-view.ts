/** Keys as the API and the pages tell them. */
import type { z } from 'zod';
import type * as keys from './schema/keys.ts';

export type KeyLifeState = z.infer<typeof keys.keyStateShape>;
export type KeysView = z.infer<typeof keys.keysViewShape>;
export type ReadableView = z.infer<typeof keys.readableViewShape>;
export type DekAges = KeyView['readable'];
export type KeyLifeEvent = z.infer<typeof keys.keyLifeShape>;
export type KeyView = z.infer<typeof keys.keyViewShape>;
