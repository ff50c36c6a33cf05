import { countText } from '../../lib/shared/screen-text.ts';

/** What a line shows for a bucket; an unknown count is not shown as zero. */
export const lineText = (value: number | null): string =>
  value === null ? 'not known' : countText(Math.round(value));
