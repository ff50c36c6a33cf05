import { gapWords, type LogGap } from '../shared/connection-view.ts';

/** What a log lacks, and below it what mends it. */
export const gapLines = ({ code, evidence, fix }: LogGap): string[] => [
  `${gapWords[code]}: ${evidence}`,
  `  mend it: ${fix}`,
];
