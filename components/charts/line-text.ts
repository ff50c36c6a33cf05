import { countText } from '../../lib/shared/screen-text.ts';

/** What a line tells of a bucket; a count that is not known is no zero. */
export const lineText = (value: number | null): string =>
  value === null ? 'not known' : countText(Math.round(value));
