import { expect, test } from 'vitest';
import { oneCursor } from '../../components/charts/axis.ts';

test('a chart shows its own bucket nearest to the one under the pointer, wherever its ticks lie', () => {
  const ticks = [0, 60, 120].map((value) => ({ value }));
  const shown = (activeLabel: number) => oneCursor.syncMethod(ticks, { activeLabel });
  expect([-5, 29, 31, 60, 119, 999].map(shown)).toEqual([0, 0, 1, 1, 2, 2]);
});
