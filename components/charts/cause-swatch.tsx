import { causeLabel, causeWords } from '../../lib/shared/causes.ts';
import { causePaint } from './cause-style.ts';

export function Swatch({ fill }: { fill: string }) {
  return (
    <svg className="swatch" width="12" height="12" aria-hidden="true" focusable="false">
      <rect width="12" height="12" rx="2.5" fill={fill} />
    </svg>
  );
}

/** A cause as its swatch and label; what it means is told on hover. */
export function CauseName({ cause }: { cause: string }) {
  return (
    <span className="cause-name" title={causeWords(cause)?.about}>
      <Swatch fill={causePaint(cause).fill} />
      {causeLabel(cause)}
    </span>
  );
}
