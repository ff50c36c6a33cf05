/** Texts that whoever may call a key, or send telemetry, can write into any field. */
const wide = Array.from({ length: 2_000 }, (_, at) => String.fromCodePoint(0x4e00 + at * 7));
// Without a pattern that compression would shorten.
let state = 1;
const scrambled = Array.from({ length: 3_000 }, () => {
  state = (state * 48_271) % 2_147_483_647;
  return String.fromCharCode(33 + (state % 90));
});

export const hostileTexts: readonly (readonly [name: string, text: string])[] = [
  ['2,000 CJK characters', wide.join('')],
  ['a lone surrogate', 'a\ud800b'],
  ['a text cut in the middle of a pair', `${'x'.repeat(2_047)}🌊`],
  ['3,000 characters', scrambled.join('')],
  ['a NUL', 'a\0b'],
  ['only surrogates', '\udfff\ud800'.repeat(900)],
  ['constructor', 'constructor'],
  ['__proto__', '__proto__'],
  ['a number', '18446744073709551616'],
];
