import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { sized } from '../support/sized.ts';
import { removeDir, runKeytide, scratchDir, startUp, type Up } from '../support/up.ts';

const kills = sized({ ci: 2, long: 20 });
const random = seededRandom(5);
const from = Date.UTC(2026, 10, 20, 8);
const hourMs = 3_600_000;

const policy = ['--processes', '3', '--ttl', '5m', '--rotation', '30m'];

/** Two hours of a few conversations. */
function trace(): string {
  const rows = Array.from({ length: 900 }, (_, index) => {
    const at = from / 1000 + index * 8;
    const conversation = Math.floor(random() * 40);
    return `${at},c${conversation},${index},w${conversation % 12}`;
  });
  return `timestamp_s,conversation_id,turn,workspace\n${rows.join('\n')}\n`;
}

/** Sends lines until one is not answered; those answered with success are acknowledged. */
async function send(up: Up, lines: readonly string[], acknowledged: Set<string>): Promise<void> {
  for (const body of lines) {
    if (acknowledged.has(body)) continue;
    const signal = body.includes('"resourceSpans"') ? 'traces' : 'metrics';
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${up.token}` };
    const answer = await fetch(`${up.url}/api/otlp/v1/${signal}`, {
      method: 'POST',
      headers,
      body,
    });
    if (answer.ok) acknowledged.add(body);
  }
}

const totals = ({ ledger }: Pick<ExplainView, 'ledger'>) =>
  Object.fromEntries(ledger.lines.map(({ id, total, residual }) => [id, [total, residual]]));

it(`kill -9 × ${kills} under ingest and import: nothing acknowledged lost, nothing twice, residual 0`, async () => {
  const dir = await scratchDir();
  const [csv, out, data] = ['trace.csv', 'out', 'data'].map((name) => join(dir, name));
  if (csv === undefined || out === undefined || data === undefined) throw new Error('no directory');
  await writeFile(csv, trace());
  expect((await runKeytide(['replay', csv, ...policy, '--out', out])).code).toBe(0);
  const telemetry = join(out, 'telemetry.jsonl');
  const log = join(out, 'log');
  const window = ['--from', String(from), '--to', String(from + 3 * hourMs)];
  const files = ['--audit', log, '--telemetry', telemetry];
  const clean = JSON.parse((await runKeytide(['explain', ...files, ...window, '--json'])).stdout);
  expect(clean.ledger.residual).toBe(0);

  const lines = (await readFile(telemetry, 'utf8')).trim().split('\n');
  const acknowledged = new Set<string>();
  for (let kill = 1; kill <= kills; kill += 1) {
    const up = await startUp({ dir: data, args: ['--no-sandbox'] });
    const part = lines.slice(0, Math.ceil((lines.length * kill) / kills));
    const sending = send(up, part, acknowledged).catch(() => undefined);
    const importing = runKeytide(['import', log, '--data', data]);
    await new Promise((resolve) => setTimeout(resolve, 300 + random() * 2_000));
    await up.kill();
    await Promise.all([sending, importing]);
  }
  const up = await startUp({ dir: data, args: ['--no-sandbox'] });
  await send(up, lines, acknowledged);
  expect((await runKeytide(['import', log, '--data', data])).code).toBe(0);
  const answer = await fetch(`${up.url}/api/explain?from=${from}&to=${from + 3 * hourMs}`);
  const view: ExplainView = await answer.json();
  expect(totals(view)).toEqual(totals(clean));
  expect(view.ledger.residual).toBe(0);
  await up.stop();
  await removeDir(dir);
});
