/** How long a key taken away can still be used, against the promise and against theory, in very many lives of a lab. */
import { expect, test } from 'vitest';
import { Lab } from '../../lib/sandbox/lab/lab.ts';
import { carryOut } from '../../lib/sandbox/lab/lab-acts.ts';
import { labSnapshot } from '../../lib/sandbox/lab/lab-snapshot.ts';
import type { LabConfig } from '../../lib/shared/lab/lab-view.ts';
import { sized } from '../support/sized.ts';

const minuteMs = 60_000;
const ttlMs = 60 * minuteMs;
const processes = 8;
const seeds = sized({ ci: 40, long: 200 });

const configOf = (seed: number): LabConfig => ({
  cloud: 'aws',
  preset: 'daily',
  ttlMinutes: 60,
  processes,
  spread: 'none',
  seed,
  scenario: null,
});

/** One hot DEK, over no wire: virtual time alone. */
async function revoked(seed: number) {
  const options = { config: configOf(seed), wire: false, archive: false };
  const lab = await Lab.open({ ...options, workspaces: ['acme'] });
  await carryOut(lab, { kind: 'disable' });
  await lab.advance(lab.now + ttlMs + 2 * minuteMs);
  const [revocation] = lab.revocations;
  const { lateReleases } = lab;
  await lab.close();
  return { revocation, lateReleases };
}

test('eight processes are dark within the TTL and propagation; the last one when theory has it', async () => {
  const waits: number[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { revocation, lateReleases } = await revoked(seed);
    expect(lateReleases).toBe(0);
    expect(revocation?.darkAt).not.toBeNull();
    const { at = 0, darkAt, promisedBy = 0 } = revocation ?? {};
    expect(darkAt).toBeLessThanOrEqual(promisedBy);
    // Until it is in force, leases are still renewed.
    waits.push((darkAt ?? 0) - at - (promisedBy - at - ttlMs));
  }
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  // The last of N leases that end uniformly within one TTL.
  const theory = (ttlMs * processes) / (processes + 1);
  expect(Math.abs(mean / theory - 1)).toBeLessThan(0.03);
});

test('the same seed and the same acts at the same instants give the same life', async () => {
  const lived = async (seed: number) => {
    const lab = await Lab.open({ config: { ...configOf(seed), processes: 3 } });
    await carryOut(lab, { kind: 'cut-off' });
    await lab.advance(lab.now + 20 * minuteMs);
    await carryOut(lab, { kind: 'restore' });
    await carryOut(lab, { kind: 'disable' });
    await lab.advance(lab.now + 40 * minuteMs);
    const { turns, buckets, data, processes: members, audit } = labSnapshot(lab);
    await lab.close();
    return { turns, buckets, data, members, audit };
  };
  const first = await lived(7);
  expect(await lived(7)).toEqual(first);
  expect(await lived(8)).not.toEqual(first);
});
