/** What no column of instants holds, before the year 1970 or after, in ms. */
export const instantMax = 8.64e15;

/** A value that its column does not hold: the row is at fault, not the code. */
export class ValueRefused extends RangeError {}
