import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the space for new objects as small as it is. Left alone it grows with what is read, to some 100 MB that hold
 * nothing: what is read of a log is dropped at once.
 */
export function keepYoungSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
