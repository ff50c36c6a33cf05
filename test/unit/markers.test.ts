import { describe, expect, test } from 'vitest';
import { markerFlags } from '../../components/charts/model/marker-flags.ts';
import { markersOf } from '../../lib/explain/words/markers.ts';
import type { MarkerView } from '../../lib/shared/markers-view.ts';

const at = Date.UTC(2026, 10, 24, 12);
const minute = 60_000;
const none = { boots: [], changes: [], told: [], deploys: [] };
const started = (process: string, minutes: number, version: string | null = null) => ({
  at: at + minutes * minute,
  process,
  version,
});
const texts = (markers: readonly MarkerView[]) => markers.map(({ text }) => text);

describe('what charts mark', () => {
  test('processes that start within minutes of one another are one deploy, whatever the order they are told in', () => {
    const boots = [started('c', 8), started('a', 0), started('b', 4), started('d', 60)];
    const markers = markersOf({ ...none, boots });
    expect(texts(markers)).toEqual(['Deploy to 3 processes', 'd started']);
    expect(markers[0]).toMatchObject({ at, kind: 'deploy', from: 'telemetry' });
    expect(markers[0]?.href).toBe(
      '/calls?cause=load.first.cold-start&from=2026-11-24T12:00Z&to=2026-11-24T12:15Z',
    );
    expect(markers[1]?.href).toContain('process=d');
  });

  test('a version that is told is named, and parts one deploy from the next', () => {
    const boots = [started('a', 0, '1.4.1'), started('b', 1, '1.4.2'), started('c', 2, '1.4.2')];
    expect(texts(markersOf({ ...none, boots }))).toEqual([
      'a started: version 1.4.1',
      'Deploy of version 1.4.2 to 2 processes',
    ]);
  });

  test('a process that starts twice counts once', () => {
    const boots = [started('a', 0), started('a', 1)];
    expect(texts(markersOf({ ...none, boots }))).toEqual(['a started']);
  });

  test('changes of keys and what was told stand beside them, oldest first', () => {
    const markers = markersOf({
      boots: [started('a', 30)],
      changes: [{ at: at + 10 * minute, key: 'key-1', action: 'disable' }],
      told: [{ at: at + 20 * minute, kind: 'note', text: 'Load test' }],
      deploys: [at],
    });
    expect(markers.map(({ kind, text, from }) => [kind, text, from])).toEqual([
      ['deploy', 'Deploy', 'told'],
      ['key', 'Key disabled', 'log'],
      ['note', 'Load test', 'told'],
      ['deploy', 'a started', 'telemetry'],
    ]);
  });
});

describe('the row under a chart', () => {
  const marker = (minutes: number): MarkerView => ({
    at: at + minutes * minute,
    kind: 'note',
    text: String(minutes),
    from: 'told',
    href: null,
  });
  const window = { from: at, to: at + 100 * minute };

  test('has each marker of the window once, those that would hide one another together', () => {
    const flags = markerFlags([-1, 0, 0.5, 50, 99, 100].map(marker), window);
    expect(flags.map(({ markers }) => texts(markers))).toEqual([['0', '0.5'], ['50'], ['99']]);
    expect(flags.map(({ at }) => at)).toEqual([0, 0.5, 0.99]);
  });

  test('leaves each as much room as there is to the next', () => {
    const flags = markerFlags([0, 50].map(marker), window);
    expect(flags.map(({ room }) => room)).toEqual([0.5, 0.5]);
  });

  test('stands at the left of its mark where the row ends too soon after it', () => {
    const flags = markerFlags([10, 90].map(marker), window);
    expect(flags.map(({ isBefore }) => isBefore)).toEqual([false, true]);
    expect(flags.map(({ room }) => room)).toEqual([0.4, 0.4]);
  });

  test('names a change of the key rather than a deploy beside it', () => {
    const key = { ...marker(94), kind: 'key' as const };
    const [flag] = markerFlags([marker(92), key], window);
    expect(flag).toMatchObject({ at: 0.92, named: key });
  });
});
