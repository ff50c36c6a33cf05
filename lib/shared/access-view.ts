/** What the cloud answers about a key, as the API, the command and the page tell it. */
import type { z } from 'zod';
import type * as access from './schema/access.ts';

export type ValidatedKey = z.infer<typeof access.validatedKeyShape>;
export type AccessCondition = z.infer<typeof access.accessConditionShape>;
export type KeyPermissions = z.infer<typeof access.keyPermissionsShape>;
export type AccessView = z.infer<typeof access.accessViewShape>;
