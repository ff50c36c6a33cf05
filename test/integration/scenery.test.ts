/** What the sandbox is there to show is seen and named on the first screens, whenever it is started. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explain } from '../../lib/services/answers/explain.ts';
import { pattern } from '../../lib/services/answers/pattern.ts';
import { listSpikes } from '../../lib/services/answers/spikes.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { sandboxHistory } from '../support/scenario.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const day = Date.UTC(2026, 10, 26);
/** Five minutes past these hours: once before an hour's deploy has its first echo, once long after it. */
const { hours, whole } = sized({
  ci: { hours: [9, 14], whole: false },
  long: { hours: Array.from({ length: 24 }, (_, hour) => hour), whole: true },
});
const logDelayMs = 5 * minuteMs;

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
afterAll(() => store.close());

describe.each(hours)('started at %i:05 UTC', (hour) => {
  const to = day + hour * hourMs + 5 * minuteMs;
  beforeAll(async () => {
    const { telemetry, audit } = await sandboxHistory({ seed: 1, to });
    const { ctx } = store;
    await store.clear();
    store.setNow(to);
    // Use of single DEKs and counts of operations are most of the rows, and name nothing here but T + 1/L.
    const rest = whole ? {} : { deks: [], operations: [] };
    await ingestTelemetry({ ctx, input: { ...telemetry, ...rest } });
    const told = to - logDelayMs;
    const records = audit.filter(({ at }) => at < told);
    await ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
    await store.cover(told, 'cloudtrail');
  }, 300_000);

  describe.each([24, 48])('the last %i h', (length) => {
    const window = { from: to - length * hourMs, to };
    const input = { window, filter: {} };

    test('on the overview name the deploy and its hourly echo, the archive and the stranger', async () => {
      const { sentences } = await explain({
        ctx: store.ctx,
        input: { ...input, panel: 'overview' },
      });
      const text = sentences.join('\n');
      expect(text).toMatch(/The largest spike, .* 14:00 UTC deploy of 6 processes/);
      expect(text).toMatch(
        /It came back \d+ times since, about every 1 h( [1-5] min)?: an echo|the \w+ echo of the/,
      );
      expect(text).toMatch(
        /Other spikes: .*the [-\d]+ 06:30 UTC reopening of old data in 6 processes/,
      );
      expect(text).toMatch(/user\/nightly-export used the key 12|24 times/);
    });

    test('among the spikes have the deploy, its first echo, the archive and the stranger', async () => {
      const { spikes } = await listSpikes({ ctx: store.ctx, input });
      const said = spikes.map(({ sentence }) => sentence);
      for (const named of [
        /are the .*14:00 UTC deploy of 6 processes/,
        /the first echo of the [-\d]+ 14:00 UTC deploy of 6 processes/,
        /are the [-\d]+ 06:30 UTC reopening of old data in 6 processes/,
        /are of cause “Strangers”/,
      ])
        expect(said).toContainEqual(expect.stringMatching(named));
    });

    test('on the pattern repeat by the hourly echo of the deploy', async () => {
      const { sentences, lines, period } = await pattern({ ctx: store.ctx, input });
      expect(sentences[0]).toMatch(/^Loads repeat every 6[0-6](\.\d)? min/);
      expect(Math.abs((period?.foundMs ?? 0) - 62 * minuteMs)).toBeLessThan(4 * minuteMs);
      const line = lines.find(({ sentence }) => /14:00 UTC deploy echoes/.test(sentence));
      expect(line?.kind).toBe('echo');
      expect(line?.points.length).toBeGreaterThan(2);
      // One after the other, none before the one that it echoes.
      const apart = line?.points.slice(1).map(({ at }, no) => at - (line.points[no]?.at ?? 0));
      for (const step of apart ?? []) expect(step).toBeGreaterThan(45 * minuteMs);
      const said = lines.map(({ sentence }) => sentence).join('\n');
      expect(said).toMatch(/2026-11-2[56] 06:30 UTC/);
      expect(said).toMatch(/reopening of old data/);
    });
  });
});
