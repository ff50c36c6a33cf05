/** So many ms before or after the beginning of 1970 an instant may lie. */
export const instantMax = 8.64e15;

/** A value that its column does not hold: the row is at fault, not the code. */
export class ValueRefused extends RangeError {}
