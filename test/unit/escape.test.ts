import { describe, expect, test } from 'vitest';
import { markdownText, terminalJson, terminalLine } from '../../lib/shared/escape.ts';

describe('Markdown', () => {
  test.each([
    ['a link', '[pay](http://evil.example)', '\\[pay\\](http\\://evil.example)'],
    ['a bare address', 'see www.evil.example', 'see www\\.evil.example'],
    ['HTML', '<img src=x onerror=alert(1)>', '\\<img src=x onerror=alert(1)\\>'],
    ['an entity', '&lt;b&gt;', '\\&lt;b\\&gt;'],
    ['a heading', '# Title', '\\# Title'],
    ['a heading under a line', 'a\n# Title', 'a # Title'],
    ['a line of a heading', '===', '\\==='],
    ['a list', '- item', '\\- item'],
    ['a numbered list', '1. item', '\\1. item'],
    ['a cell', 'a | b', 'a \\| b'],
    ['emphasis', '**bold** _too_', '\\*\\*bold\\*\\* \\_too\\_'],
    ['code', '`rm`', '\\`rm\\`'],
    ['an escape of an escape', '\\|', '\\\\\\|'],
    ['a mail address', 'a@b.example', 'a&#64;b.example'],
  ])('%s stays text', (_, text, escaped) => {
    expect(markdownText(text)).toBe(escaped);
  });

  test('a plain sentence stays as it is', () => {
    const sentence = 'Against the period before: requests 4 % more; “Re-validation” (12 of 14).';
    expect(markdownText(sentence)).toBe(sentence);
  });
});

describe('a terminal', () => {
  test('is told control characters, turned directions and hidden ones by their code', () => {
    expect(terminalLine('a\u001b[31m\u0007\r\nb\u009b2J\u202e\u200b')).toBe(
      'a\\u001b[31m\\u0007\\u000d\\u000ab\\u009b2J\\u202e\\u200b',
    );
    expect(terminalLine('潮 🌊 “ä”')).toBe('潮 🌊 “ä”');
  });

  test('is given JSON of the same value', () => {
    const value = { 'a\u009b': ['\u202e', '\u001b', 'ä'] };
    const text = terminalJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});
