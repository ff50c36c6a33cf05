/** Markup and odd names in every field of the log and of telemetry, through every output. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listCalls, rawEvent } from '../../lib/services/answers/calls.ts';
import { listChoices } from '../../lib/services/answers/choices.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { metrics } from '../../lib/services/answers/metrics.ts';
import { pattern } from '../../lib/services/answers/pattern.ts';
import { report } from '../../lib/services/answers/report.ts';
import { revocation } from '../../lib/services/answers/revocation.ts';
import { describeSpike } from '../../lib/services/answers/spike-detail.ts';
import { listSpikes } from '../../lib/services/answers/spikes.ts';
import { acceptMetrics, acceptTraces } from '../../lib/services/intake/accept-otlp.ts';
import { importFiles } from '../../lib/services/intake/import-files.ts';
import { callsShow } from '../../lib/shared/dto.ts';
import { hostileStory } from '../support/hostile-story.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { runKeytide } from '../support/up.ts';

const markup =
  '# head\n\n[link](javascript:alert(1)) <img src=x onerror=alert(1)> | cell \u001b[31mred\u0007 \u202eevil' +
  ' =HYPERLINK("http://evil.example") **bold** `code` {{7*7}} \'; DROP TABLE x --';
const texts = ['constructor', '__proto__', 'toString', markup];
const from = Date.UTC(2026, 10, 22, 6);

/** A comment, or a sample whose label values are names of our own. */
const metricsLine =
  /^# (HELP|TYPE) keytide_[a-z_]+ .*$|^keytide_[a-z_]+(\{[a-z]+="[a-z -]+"(,[a-z]+="[a-z -]+")*\})? -?[\d.e+]+$/;

const plain = (body: object): unknown => JSON.parse(JSON.stringify(body));

/** No output shows a function's text, NaN or undefined as a number. */
function expectSound(view: object): void {
  const json = JSON.stringify(view);
  expect(json).not.toMatch(/NaN|native code|\[object|function /);
}

describe.each(texts)('with “%s” everywhere', (text) => {
  let store: TestStore;
  let dir: string;
  const told = hostileStory(text, from);
  const window = { from: told.from, to: told.to };
  const audit = () => join(dir, 'log.json');

  beforeAll(async () => {
    store = await openTestStore();
    dir = await mkdtemp(join(tmpdir(), 'keytide-hostile-'));
    await writeFile(audit(), JSON.stringify({ Records: told.records }));
  });
  afterAll(async () => {
    await store.close();
    await rm(dir, { recursive: true });
  });
  beforeEach(() => store.clear());

  const takeLog = async () => {
    const taken = await importFiles({ ctx: store.ctx, input: { paths: [audit()] } });
    expect(taken).toMatchObject({ kmsEvents: 480, rejected: [] });
  };
  const takeTelemetry = async () => {
    const { ctx } = store;
    expect(await acceptTraces({ ctx, input: plain(told.traces) })).toEqual({});
    expect(await acceptMetrics({ ctx, input: plain(told.metrics) })).toEqual({});
  };

  test.each([
    ['log and telemetry', true],
    ['the log alone', false],
  ])('every view of %s is sound and nothing is unaccounted for', async (_, both) => {
    const { ctx } = store;
    await takeLog();
    if (both) await takeTelemetry();
    await store.cover(told.to);
    const view = await explain({ ctx, input: { window } });
    expectSound(view);
    expect(view.ledger.residual).toBe(0);
    const calls = view.ledger.lines.find(({ id }) => id === 'calls');
    expect(calls?.total).toBe(both ? 240 : 0);
    const spikes = await listSpikes({ ctx, input: { window, filter: {} } });
    expect(spikes.spikes.length).toBeGreaterThan(0);
    expectSound(spikes);
    for (const { id } of spikes.spikes)
      expectSound(await describeSpike({ ctx, input: { id, filter: {} } }));
    expectSound(await pattern({ ctx, input: { window, filter: {} } }));
    for (const show of callsShow) {
      const list = await listCalls({ ctx, input: { window, show, filters: {}, cursor: null } });
      expectSound(list);
      const event = list.rows.find((row) => row.event !== null)?.event;
      if (event) expectSound(await rawEvent({ ctx, input: event }));
    }
    expectSound(await listChoices({ ctx, input: { window } }));
    expectSound(await revocation({ ctx, input: { sandbox: null } }));
    const { text: scrape } = await metrics({ ctx, input: { until: told.to } });
    expect(scrape).not.toMatch(/NaN|head|constructor/);
    for (const line of scrape.split('\n').filter((one) => one !== ''))
      expect(line).toMatch(metricsLine);
    const filtered = await explain({ ctx, input: { window, filter: { workspace: text } } });
    expectSound(filtered);
  });

  test('the report stays the Markdown it was: its own headings, rows of one width, no HTML', async () => {
    await takeLog();
    await takeTelemetry();
    const markdown = await report({ ctx: store.ctx, input: { window, filter: {} } });
    expectMarkdown(markdown);
    const of = await report({ ctx: store.ctx, input: { window, filter: { workspace: text } } });
    expectMarkdown(of);
  });
});

describe('with markup everywhere, the commands', () => {
  let dir: string;
  let files: string[];
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'keytide-hostile-'));
    const told = hostileStory(markup, from);
    const [audit, telemetry] = [join(dir, '[31m.json'), join(dir, 'telemetry.jsonl')];
    await writeFile(audit, JSON.stringify({ Records: [...told.records, { eventSource: markup }] }));
    const lines = [told.traces, told.metrics].map((body) => JSON.stringify(body));
    await writeFile(
      telemetry,
      `${lines.join('\n')}\n{"resourceSpans":[{"resource":${JSON.stringify(markup)}}]}\n`,
    );
    files = ['--audit', audit, '--telemetry', telemetry];
  });
  afterAll(() => rm(dir, { recursive: true }));

  test.each([
    ['explain', []],
    ['explain', ['--json']],
    ['explain', ['--markdown']],
    ['import', []],
    ['import', ['--json']],
  ] as const)(
    '%s %j print nothing that a terminal obeys, JSON that is sound, Markdown that holds',
    async (command, words) => {
      const given =
        command === 'explain' ? files : [...files.slice(1, 2), '--data', join(dir, 'data')];
      const { code, stdout, stderr } = await runKeytide([command, ...given, ...words]);
      expect([code, stderr]).toEqual([0, stderr]);
      for (const output of [stdout, stderr])
        expect(output).not.toMatch(/[\p{Cc}\u202a-\u202e](?<!\n)/u);
      if (words[0] === '--json') expectSound(JSON.parse(stdout));
      if (words[0] === '--markdown') expectMarkdown(stdout);
    },
  );
});

function expectMarkdown(markdown: string): void {
  expect(markdown).not.toMatch(/NaN|native code/);
  expect(markdown).not.toMatch(/[\p{Cc}\u202a-\u202e](?<!\n)/u);
  const unescaped = markdown.replace(/\\./g, '');
  expect(unescaped).not.toMatch(/[<`[]|\*\*bold|http:/);
  const headings = markdown.split('\n').filter((line) => line.startsWith('#'));
  for (const heading of headings)
    expect(heading).toMatch(/^#{1,2} [A-Z][a-z ,]*(KMS|was|[a-z ,])*$/);
  for (const block of unescaped.split('\n\n').filter((part) => part.startsWith('|'))) {
    const widths = new Set(
      block
        .trim()
        .split('\n')
        .map((row) => row.split('|').length),
    );
    expect(widths.size).toBe(1);
  }
}
