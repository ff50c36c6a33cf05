interface Totals {
  lines: readonly { id: string; total: number }[];
}

/** Whether a window has neither lookups nor requests nor events: then nothing can be said of them, either. */
export const isUncounted = ({ lines }: Totals): boolean => lines.every(({ total }) => total === 0);

/** Whether a window has no audit event: then nobody can be said not to have used the key. */
export const isUnlogged = ({ lines }: Totals): boolean =>
  lines.every(({ id, total }) => id !== 'events' || total === 0);
