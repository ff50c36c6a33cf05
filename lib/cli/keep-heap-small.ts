import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the heap near what is in use. Left alone the space for new objects grows with what is read, to some 100 MB that
 * hold nothing, and the rest to four times what is in use: what is read of a log is dropped at once.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=100');
}
