/** The types of what a log alone tells, as schema/log.ts says. */
import type { z } from 'zod';
import type * as log from './schema/log.ts';
import { spanText } from './screen-text.ts';

export type LogFinding = z.infer<typeof log.logFindingShape>;
export type PromiseCheck = z.infer<typeof log.promiseCheckShape>;
export type PromiseView = z.infer<typeof log.promiseViewShape>;
export type Advice = z.infer<typeof log.adviceShape>;
export type Help = z.infer<typeof log.helpShape>;

/** What a check of the promise found, in words. */
export const verdictWords: Record<PromiseCheck['verdict'], string> = {
  consistent: 'consistent',
  'not-consistent': 'not consistent',
  unknown: 'the log can’t tell',
};

/** What a check found: where nothing outlasted its instant there is no time to tell. */
export function foundText({ id, foundMs }: Pick<PromiseCheck, 'id' | 'foundMs'>): string {
  if (foundMs === null) return 'not known';
  if (foundMs > 0) return spanText(foundMs);
  return id === 'ttl' || id === 'rotation' ? 'in the same instant' : 'none';
}
