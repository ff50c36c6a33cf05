import { causeWords } from '../../lib/shared/causes.ts';

/** A cause's colour and pattern, the same on every screen; causes not known here share one. */
export function causePaint(cause: string): { id: string; colour: string; fill: string } {
  const name = Object.hasOwn(causeWords, cause) ? cause.replace('.', '-') : 'other';
  return { id: `cause-${name}`, colour: `var(--cause-${name})`, fill: `url(#cause-${name})` };
}
