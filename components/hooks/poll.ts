/** How often a window that moves with the clock is asked for again. */
export const pollMs = 5_000;

/** Leases and the key's state are watched more closely: at 60x a second is a minute. */
export const watchMs = 2_000;

/** Spikes and patterns change by the hour. */
export const slowPollMs = 15_000;
