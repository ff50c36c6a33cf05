import type { Ledger } from './dto.ts';

/** Whether a window has neither lookups nor requests nor events: then nothing can be said of them, either. */
export const isUncounted = ({ lines }: Ledger): boolean => lines.every(({ total }) => total === 0);
