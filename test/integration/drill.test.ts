/** A drill over what is stored, and the command over files. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drillOf } from '../../lib/explain/drill/drill.ts';
import { drill } from '../../lib/services/answers/drill.ts';
import { drillFacts } from '../../lib/services/answers/drill-facts.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { drillRows } from '../support/drill-rows.ts';
import { simulatedDrill } from '../support/simulated-drill.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { removeDir, runKeytide, scratchDir } from '../support/up.ts';

let store: TestStore;
let dir: string;
beforeAll(async () => {
  store = await openTestStore();
  dir = await scratchDir();
}, 120_000);
afterAll(async () => {
  await store.close();
  await removeDir(dir);
});

test('the store tells a drill what the rows themselves tell', async () => {
  for (let seed = 0; seed < sized({ ci: 6, long: 60 }); seed += 1) {
    const { key, audit, telemetry } = simulatedDrill(seed);
    const plain = drillOf(drillFacts(key, drillRows(audit, telemetry)));
    await store.clear();
    await ingestTelemetry({ ctx: store.ctx, input: telemetry });
    await ingestAudit({ ctx: store.ctx, input: { records: audit, source: 'files', seenAt: null } });
    const view = await drill({ ctx: store.ctx, input: { key } });
    expect(view, `seed ${seed}`).toEqual(plain);
  }
}, 600_000);

describe('the command', () => {
  test('tells a revocation from a log alone, and what that leaves unproven', async () => {
    const { key, audit } = simulatedDrill(0);
    const log = join(dir, 'log.jsonl');
    await writeFile(log, audit.map(({ raw }) => raw).join('\n'));
    const json = await runKeytide(['drill', '--key', key, '--audit', log, '--json']);
    expect(json.code, json.stderr).toBe(0);
    const [one] = JSON.parse(json.stdout).drills;
    expect(one.verdict).toBe('not-proven');
    expect(one.reasons[0].code).toBe('no-telemetry');
    const text = await runKeytide(['drill', '--key', key, '--audit', log, '--markdown']);
    expect(text.stdout).toContain('# Revocation drill');
    expect(text.stdout).toContain('not what a process still holds in memory');
  }, 120_000);

  test('says what is missing: an event, the key, an option', async () => {
    const { key, audit } = simulatedDrill(0);
    const log = join(dir, 'uses.jsonl');
    const granted = audit.filter(
      ({ errorCode, action }) => errorCode === null && action === 'decrypt',
    );
    await writeFile(log, granted.map(({ raw }) => raw).join('\n'));
    const none = await runKeytide(['drill', '--key', key, '--audit', log]);
    expect(none.stdout).toContain('No event in the log revokes the key');
    expect(none.code).toBe(0);
    const unknown = await runKeytide(['drill', '--key', 'gcp-kms:nobody', '--audit', log]);
    expect([unknown.code, unknown.stderr]).toEqual([
      1,
      expect.stringContaining('Nothing is known'),
    ]);
    const wrong = await runKeytide(['drill', '--audit', log]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--key')]);
  }, 120_000);
});
