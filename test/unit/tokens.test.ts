import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const textOf = (file: string) => readFileSync(new URL(file, root), 'utf8');
const tokens = textOf('app/tokens.css');
const sheets = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.css'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n');

describe('text', () => {
  test('is of a size that the tokens name, and none is below 12 px', () => {
    const named = [...tokens.matchAll(/--(text-\w+): (\d+)px/g)];
    expect(Math.min(...named.map(([, , size]) => Number(size)))).toBe(12);
    const other = sheets.flatMap((file) =>
      [...textOf(file).matchAll(/font-size: ([^;]+);/g)]
        .map(([, size = '']) => size)
        .filter((size) => !/^(?:max\()?var\(--text-\w+\)/.test(size))
        .map((size) => `${file}: ${size}`),
    );
    expect(other).toEqual([]);
  });
});

/** A colour's part of a role, `light-dark(#aabbcc, #ddeeff)`. */
function coloursOf(role: string): [light: string, dark: string] {
  const [, light = '', dark = ''] =
    new RegExp(`--${role}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(tokens) ?? [];
  return [light, dark];
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe('colours', () => {
  const grounds = ['page', 'surface', 'raised'];
  const pairs = [
    ...grounds.flatMap((ground) => ['ink', 'muted', 'accent'].map((text) => [text, ground])),
    ...['good', 'warn', 'bad', 'info'].map((tone) => [tone, `${tone}-soft`]),
    ['muted', 'bad-soft'],
    ['muted', 'warn-soft'],
    ['on-accent', 'accent'],
  ] as [string, string][];
  test.each(pairs)('%s is read on %s in both themes', (text, ground) => {
    const [texts, grounds] = [coloursOf(text), coloursOf(ground)];
    for (const theme of [0, 1] as const)
      expect(contrast(texts[theme], grounds[theme])).toBeGreaterThanOrEqual(4.5);
  });

  test('of two causes never are the same', () => {
    const causes = [...tokens.matchAll(/--cause-[\w-]+: light-dark\((#\w{6}), (#\w{6})\)/g)];
    for (const theme of [1, 2]) {
      const seen = causes.map((match) => match[theme]);
      expect(new Set(seen).size).toBe(causes.length);
    }
  });
});
