/** `keytide check` on the sandbox of each cloud, over its own wire: one marked Encrypt, then its event in the log. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';
import { AwsSide } from '../../lib/sandbox/sides/aws-side.ts';
import { AzureSide } from '../../lib/sandbox/sides/azure-side.ts';
import { GcpSide } from '../../lib/sandbox/sides/gcp-side.ts';
import type { Side } from '../../lib/sandbox/sides/side.ts';
import { checkLog } from '../../lib/services/intake/check-log.ts';
import { checkPlaces } from '../../lib/services/intake/check-places.ts';
import { readCheck } from '../../lib/services/intake/kept-check.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const startMs = Date.UTC(2026, 10, 23, 12);
const minuteMs = 60_000;

let store: TestStore;
let clock: SandboxClock;
let side: Side | undefined;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(async () => {
  await store.clear();
  clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
});
afterEach(async () => {
  await side?.close();
  side = undefined;
});
afterAll(() => store.close());

async function check(one: Side) {
  side = one;
  await one.open();
  await one.goLive();
  const access = one.access();
  if (access === null) throw new Error('no endpoint');
  const places = checkPlaces(one.cloud, one.keyUri, {
    azureWorkspace: undefined,
    sandbox: { clouds: [access], otlp: { url: '', token: '' } },
  });
  expect(places.isSandbox).toBe(true);
  const result = await checkLog({
    ctx: { ...store.ctx, now: async () => clock.now() },
    input: {
      ...{ ...places, everyMs: 30_000, waitMsMax: 30 * minuteMs },
      // Whoever waits lets time pass.
      sleep: async (ms) => clock.jumpTo(clock.now() + ms),
    },
  });
  places.reader.close();
  return { result, kept: await readCheck(store.ctx.db, places.sourceId) };
}

const options = () => ({ clock, processes: 1 });

describe('a marked Encrypt', () => {
  test.each([
    ['aws', () => new AwsSide(options()), 'request-id', 'user-agent'],
    ['gcp', () => new GcpSide(options()), 'claim', 'reason'],
    ['azure', () => new AzureSide(options()), 'request-id', 'user-agent'],
  ] as const)(
    'of %s is found, its claim with it, and what it showed is kept',
    async (_, make, knownBy, claimIn) => {
      const { result, kept } = await check(make());
      expect(result).toMatchObject({ knownBy, claimIn, missing: [], gaps: [] });
      expect(result.afterMs).toBeGreaterThan(0);
      expect(kept).toMatchObject({ knownBy, claimIn, afterMs: result.afterMs });
    },
  );

  test('that no log shows says what is missing and what mends it', async () => {
    const azure = new AzureSide(options());
    azure.log.setEnabled(false);
    const without = await check(azure);
    expect(without.result).toMatchObject({ knownBy: null, claimIn: null });
    expect(without.result.missing.join()).toContain('diagnostic setting');
    expect(without.kept).toMatchObject({ knownBy: null });
    await azure.close();
    const gcp = new GcpSide(options());
    gcp.log.change({ dataAccess: false });
    const { result } = await check(gcp);
    expect(result.knownBy).toBeNull();
    expect(result.gaps.map(({ code }) => code)).toEqual(['data-access-off']);
  });
});
