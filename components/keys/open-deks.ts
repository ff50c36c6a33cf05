import type { DekAges, KeyView } from '../../lib/shared/keys-view.ts';

type DekAge = DekAges[number];

export const dekAges = {
  hour: 'under an hour',
  day: 'under a day',
  week: 'under a week',
  older: 'older',
} as const satisfies Record<DekAge['age'], string>;

/** A key that answers opens all that was not refused; one that does not, only what is held. */
export const openDeks = (state: KeyView['state'], { deks, held, refused }: Omit<DekAge, 'age'>) =>
  state === 'enabled' || state === 'untold' ? deks - refused : held;

export const allAges = (ages: DekAges): Omit<DekAge, 'age'> => ({
  deks: ages.reduce((sum, { deks }) => sum + deks, 0),
  held: ages.reduce((sum, { held }) => sum + held, 0),
  refused: ages.reduce((sum, { refused }) => sum + refused, 0),
});
