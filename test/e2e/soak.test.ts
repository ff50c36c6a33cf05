import { expect, it } from 'vitest';
import { sized } from '../support/sized.ts';
import { soak, soakMinutes } from '../support/soak.ts';

const minutes = soakMinutes(sized({ ci: 0.3, long: 60 }));

it(`the sandbox at its speed for ${minutes} min: its database grows by its new rows alone, and answers as fast as before`, async () => {
  const { growth, p95, residuals, views } = await soak({ minutes });
  expect(growth).toBeLessThanOrEqual(1.3);
  // The figure includes the load of everything else on this machine.
  expect(p95.last).toBeLessThanOrEqual(1.5 * p95.first + 500);
  expect(residuals).toEqual([]);
  expect(views).toBeGreaterThan(3);
});
