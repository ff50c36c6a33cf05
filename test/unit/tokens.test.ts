import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { causeOrder } from '../../lib/shared/causes.ts';

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

const linear = (colour: string): number[] =>
  [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = linear(colour);
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

  // Distances in OKLab, where equal ones look equal; the greens and teals once were 0.02 to 0.07 apart.
  test('of two causes are told apart, those of our own calls at a glance', () => {
    const own = new Set(causeOrder.map((cause) => cause.replaceAll('.', '-')));
    const causes = [...tokens.matchAll(/--cause-([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)];
    expect(causes.length).toBeGreaterThan(own.size);
    for (const theme of [2, 3]) {
      for (const [index, [, name = '', ...one]] of causes.entries()) {
        for (const [, other = '', ...two] of causes.slice(index + 1)) {
          const apart = distance(one[theme - 2] ?? '', two[theme - 2] ?? '');
          const least = own.has(name) && own.has(other) ? 0.12 : 0.08;
          expect(apart, `${name} and ${other}`).toBeGreaterThanOrEqual(least);
        }
      }
    }
  });
});

const distance = (one: string, other: string): number =>
  Math.hypot(...okLab(one).map((part, index) => part - (okLab(other)[index] ?? 0)));

function okLab(colour: string): number[] {
  const [r = 0, g = 0, b = 0] = linear(colour);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
