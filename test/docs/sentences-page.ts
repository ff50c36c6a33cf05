/** Every sentence that Keytide may say, as its code has it, with an example. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { childOf, childrenOf, fieldOf, parsedFile, type SyntaxNode } from '../tidy/parsed-file.ts';
import { messageExamples } from './message-examples.ts';
import { sentenceExamples } from './sentence-examples.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Where sentences are made. What the simulated clouds say is theirs; what the API says of its fields has its page. */
const rooms = ['app', 'components', 'lib'];
const elsewhere = /^lib\/(?:sandbox|store\/generated|shared\/schema|http\/openapi)\//;

/** Where what is said is expected, word for word. */
const expectations = ['test/unit', 'test/integration', 'test/property'];

const wordsMin = 3;
/** What begins in small letters is one if it is so long: it stands behind another's colon. */
const clauseMin = 5;

export interface SaidSentence {
  file: string;
  /** The constant parts, `null` for what differs from time to time. */
  parts: readonly (string | null)[];
  /** What a test expects it to say, else one of the list; null where there is none. */
  example: string | null;
}

const filesIn = (place: string): string[] =>
  readdirSync(path.join(root, place), { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join(place, name))
    .filter((file) => /\.tsx?$/.test(file) && !elsewhere.test(file))
    .sort();

const parsed = (file: string) => parsedFile(file, readFileSync(path.join(root, file), 'utf8'));

/** The parts of a text that the code puts together; null for what is no such text. */
function partsOf(node: SyntaxNode): (string | null)[] | null {
  if (node.type === 'Literal') {
    const value = fieldOf(node, 'value');
    return typeof value === 'string' ? [value] : null;
  }
  if (node.type === 'JSXText')
    return [String(fieldOf(node, 'value')).replaceAll(/\s+/g, ' ').trim()];
  if (node.type === 'TemplateLiteral') {
    const texts = childrenOf(node, 'quasis').map((quasi) => cooked(quasi));
    return texts.flatMap((text, no) => (no === 0 ? [text] : [null, text]));
  }
  if (node.type !== 'BinaryExpression' || fieldOf(node, 'operator') !== '+') return null;
  const [left, right] = [childOf(node, 'left'), childOf(node, 'right')].map((side) =>
    side === undefined ? null : partsOf(side),
  );
  return left && right ? [...left, ...right] : null;
}

function cooked(quasi: SyntaxNode): string {
  const value = fieldOf(quasi, 'value');
  return typeof value === 'object' && value !== null && 'cooked' in value ? `${value.cooked}` : '';
}

/** The outermost texts of a file. */
function textsIn(file: string): (string | null)[][] {
  const nodes = parsed(file).nodes('Literal', 'TemplateLiteral', 'BinaryExpression', 'JSXText');
  return nodes.flatMap(({ node, around: [near] }) => {
    if (near?.type === 'BinaryExpression' && partsOf(near) !== null) return [];
    const parts = partsOf(node);
    return parts === null ? [] : [parts];
  });
}

/** What begins and ends as a sentence does; its last words may be put together elsewhere. */
const isSentence = (parts: readonly (string | null)[]): boolean => {
  const text = parts.map((part) => part ?? '…').join('');
  const words = parts.join(' ').match(/\p{L}{2,}/gu) ?? [];
  const isOpen = /[:,] …\.?…?$/.test(text);
  const begins =
    words.length >= clauseMin
      ? /^[\p{L}…“]/u
      : words.length >= wordsMin
        ? /^[\p{Lu}…“]/u
        : /^\p{Lu}/u;
  return (isOpen || (/\.…?$/.test(text) && words.length >= wordsMin)) && begins.test(text);
};

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

let said: SaidSentence[] | undefined;

/** Every sentence, in the order of the files; found once a process. */
export const saidSentences = (): readonly SaidSentence[] => {
  said ??= findSentences();
  return said;
};

function findSentences(): SaidSentence[] {
  const expected = expectations
    .flatMap(filesIn)
    .flatMap((file) => textsIn(file))
    .filter((parts) => !parts.includes(null))
    .map((parts) => parts.join(''));
  const known = [...new Set([...expected, ...sentenceExamples, ...messageExamples])];
  return rooms.flatMap(filesIn).flatMap((file) =>
    textsIn(file)
      .filter(isSentence)
      .map((parts) => ({ file, parts, example: exampleOf(parts, known) })),
  );
}

function exampleOf(parts: SaidSentence['parts'], known: readonly string[]): string | null {
  const constant = parts.flatMap((part) => part ?? []);
  if (!parts.includes(null)) return constant.join('');
  const form = new RegExp(parts.map((part) => (part === null ? '.*' : escaped(part))).join(''));
  const longest = constant.reduce((a, b) => (a.length >= b.length ? a : b));
  // Most texts lack it, and looking for it is cheap.
  const found = known.map((text) => (text.includes(longest) ? form.exec(text)?.[0] : undefined));
  return found.find((text) => text) ?? null;
}

/** The same as a page of the documentation. */
export function sentencesPage(): string {
  const lines = [
    '# What is said',
    '',
    'Every sentence of explanations, screens, API and commands, as the code has it (… is what differs), with an example.',
    'Made by `npm run docs`.',
  ];
  let room = '';
  for (const { file, parts, example } of saidSentences()) {
    if (file !== room) lines.push('', `## ${file}`, '', '| sentence | for example |', '|---|---|');
    room = file;
    const template = parts
      .map((part) => part ?? '…')
      .join('')
      .replaceAll(/…+/g, '…');
    lines.push(`| ${cell(template)} | ${cell(example ?? '')} |`);
  }
  return `${lines.join('\n')}\n`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
