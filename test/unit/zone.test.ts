import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** The zone of a process is set when it starts. */
function inZone(zone: string, code: string): unknown {
  const of = new URL('../../lib/shared/screen-text.ts', import.meta.url).href;
  const ticks = new URL('../../components/charts/model/time-ticks.ts', import.meta.url).href;
  const script = `const t = await import('${of}'); const { instantTicks, tickText } = await import('${ticks}');
    const at = Date.UTC(2026, 0, 2, 23, 30); const summer = Date.UTC(2026, 6, 2, 23, 30);
    console.log(JSON.stringify(${code}));`;
  const words = ['--experimental-strip-types', '--input-type=module', '-e', script];
  return JSON.parse(
    execFileSync(process.execPath, words, { env: { ...process.env, TZ: zone }, encoding: 'utf8' }),
  );
}

test('times are UTC wherever the machine is, until its own zone is asked for', () => {
  expect(inZone('Asia/Kolkata', '[t.instantText(at), t.dayText(at), t.zoneText(at)]')).toEqual([
    '2026-01-02 23:30 UTC',
    '2 Jan',
    'UTC',
  ]);
});

test.each([
  ['Europe/Berlin', ['2026-01-03 00:30 UTC+1', '3 Jan', '2026-07-03 01:30 UTC+2']],
  ['Asia/Kolkata', ['2026-01-03 05:00 UTC+5:30', '3 Jan', '2026-07-03 05:00 UTC+5:30']],
  ['America/New_York', ['2026-01-02 18:30 UTC−5', '2 Jan', '2026-07-02 19:30 UTC−4']],
])('in %s they are by its clock, summer time included, and say so', (zone, texts) => {
  const code = `(t.showZone('local'), [t.instantText(at), t.dayText(at), t.instantText(summer)])`;
  expect(inZone(zone, code)).toEqual(texts);
});

test('an axis has its ticks at round times of the shown clock', () => {
  const code = `(t.showZone('local'), instantTicks({ from: at, to: at + 86400000 }, 4).map(tickText))`;
  expect(inZone('Asia/Kolkata', code)).toEqual(['06:00', '12:00', '18:00', '4 Jan']);
});

test.each([
  [
    'local',
    '2026-01-02 19:30 UTC: 3 of the 2026-01-02 17:05:06 UTC deploy of 2026-01-03',
    '2026-01-03 01:00 UTC+5:30: 3 of the 2026-01-02 22:35:06 UTC+5:30 deploy of 2026-01-03',
  ],
  ['utc', '2026-01-02 19:30 UTC to 2026-01-02 19:40 UTC', '2026-01-02 19:30 UTC to 19:40'],
  ['local', '2026-13-02 19:30 UTC and 2026-01-02 19:30 UTC+1', 'as it is'],
])('what the server wrote is shown in the zone %s', (zone, text, shown) => {
  const code = `(t.showZone('${zone}'), t.shownText('${text}'))`;
  expect(inZone('Asia/Kolkata', code)).toBe(shown === 'as it is' ? text : shown);
});
