/** Time until an instant of the data's clock, which may run faster than the reader's. */

export interface ClockReading {
  /** The data's clock when it was read. */
  now: number;
  /** Data-clock ms per wall ms. */
  speed: number;
  /** Wall clock of the reading. */
  readAt: number;
}

/** The data's clock at a wall instant; never before its reading. */
export function dataNow({ now, speed, readAt }: ClockReading, wallNow: number): number {
  return now + Math.max(0, wallNow - readAt) * speed;
}

export interface Countdown {
  /** Data-clock time left, never negative. */
  leftMs: number;
  /** The same as the reader will wait. */
  wallLeftMs: number;
  isOver: boolean;
}

export function countdown(until: number, reading: ClockReading, wallNow: number): Countdown {
  const leftMs = Math.max(0, until - dataNow(reading, wallNow));
  const wallLeftMs = reading.speed > 0 ? leftMs / reading.speed : Number.POSITIVE_INFINITY;
  return { leftMs, wallLeftMs, isOver: leftMs === 0 };
}

/** `0:42:13`; rounded up, so that it reads zero only when it is over. */
export function clockText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
