/** What code may not say: casts, states spelled as texts, glued keys, long functions. */
import { isTs, nodeRule, shippedTs } from './node-rule.ts';
import {
  childOf,
  childrenOf,
  type Found,
  fieldOf,
  nameOf,
  type ParsedFile,
  type SyntaxNode,
} from './parsed-file.ts';
import { isShipped, isTest, type Rule } from './source-tree.ts';

const functions = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

/** `describe('…', () => {…})` holds tests, as a file does. */
const holdsTests = ({ around }: Found, parsed: ParsedFile) => {
  const callee = around[0]?.type === 'CallExpression' ? childOf(around[0], 'callee') : undefined;
  return callee !== undefined && /^describe\b/.test(parsed.textOf(callee));
};

const functionLength = nodeRule(
  {
    name: 'functions have 60 lines at most, with JSX 120',
    fix: 'Split it by what it does; a reason to keep it whole is one line above it: `// Long: why`.',
  },
  (tree) => tree.code.filter(isTs),
  functions,
  (found, file, parsed) => {
    const { node } = found;
    const lines = parsed.lineOf({ start: node.end }) - parsed.lineOf(node) + 1;
    const hasJsx = file.endsWith('.tsx') && /<[A-Za-z>]/.test(parsed.textOf(node));
    if (lines <= (hasJsx ? 120 : 60) || holdsTests(found, parsed)) return undefined;
    const isReasoned = parsed.comments.some(
      ({ line, lines: words }) =>
        line + words.length === parsed.lineOf(node) &&
        words.some((word) => /^\s*Long: \S/.test(word)),
    );
    return isReasoned ? undefined : `a function of ${lines} lines`;
  },
);

/** A cast is for a helper whose comment states why it holds: the function's own, or the line's. */
const casts = nodeRule(
  {
    name: 'a cast stands in a named helper that states its guarantee',
    fix: 'Narrow by a check, or say in a comment above the helper or the line why it holds.',
  },
  shippedTs,
  ['TSAsExpression', 'TSTypeAssertion'],
  ({ node, around }, _file, parsed) => {
    const type = childOf(node, 'typeAnnotation');
    if (type !== undefined && parsed.textOf(type) === 'const') return undefined;
    const holders = around.filter(({ type: kind }) =>
      /Statement$|Declaration$|Definition$/.test(kind),
    );
    const starts = new Set([node, ...holders.slice(0, 3)].map((holder) => parsed.lineOf(holder)));
    const body = around.find(({ type: kind }) => functions.includes(kind));
    const first = body === undefined ? 0 : parsed.lineOf(body);
    const isStated = parsed.comments.some(({ line, lines }) =>
      [...starts].some((start) => line + lines.length === start && start >= first - 2),
    );
    return isStated ? undefined : `casts: ${parsed.textOf(node).replace(/\s+/g, ' ').slice(0, 60)}`;
  },
);

const bannedSyntax = nodeRule(
  {
    name: 'no any, no non-null assertion, no enum, namespace or parameter property',
    fix: 'Use unknown and a check, a union of literals, a module, a field.',
  },
  (tree) => tree.code.filter(isTs),
  [
    'TSAnyKeyword',
    'TSNonNullExpression',
    'TSEnumDeclaration',
    'TSModuleDeclaration',
    'TSParameterProperty',
  ],
  ({ node }, file) => (file.endsWith('.d.ts') ? undefined : `has a ${node.type}`),
);

const defaultExports = nodeRule(
  {
    name: 'exports have names, but where Next.js or a tool wants a default',
    fix: 'Export it by its name.',
  },
  (tree) => tree.code.filter(isTs),
  ['ExportDefaultDeclaration'],
  (_found, file) =>
    /^app\/|^[a-z]+\.config\.ts$|^test\/support\/count-reporter\.ts$/.test(file)
      ? undefined
      : 'has a default export',
);

/** A template's text between two of its values, as it is written. */
function rawOf(part: SyntaxNode): string {
  const value = fieldOf(part, 'value');
  return typeof value === 'object' && value !== null ? String(Reflect.get(value, 'raw')) : '';
}

/** Texts glued with one character between them: two pairs of texts may make one key. */
function isGlued(node: SyntaxNode | undefined, parsed: ParsedFile): boolean {
  if (node === undefined) return false;
  if (node.type === 'TemplateLiteral') {
    const [first, ...rest] = childrenOf(node, 'quasis').map(rawOf);
    return (
      first === '' && rest.slice(0, -1).some((between) => /^(?: |[|:,]|\\[nt0])$/.test(between))
    );
  }
  if (node.type === 'BinaryExpression') {
    const left = childOf(node, 'left');
    const between = left?.type === 'BinaryExpression' ? childOf(left, 'right') : undefined;
    return between !== undefined && /^'(?: |[|:,]|\\[nt0])'$/.test(parsed.textOf(between));
  }
  return /^\[[^\]]*,[^\]]*\]\.join\('(?: |[|:,]|\\[nt0])'\)$/s.test(parsed.textOf(node));
}

const gluedKeys = nodeRule(
  {
    name: 'no key is glued from texts that may hold the separator',
    fix: 'Use tupleKey of lib/shared/tuple-key.ts, or nested maps.',
  },
  shippedTs,
  ['CallExpression', 'JSXAttribute', 'VariableDeclarator', 'ArrowFunctionExpression'],
  ({ node, around }, _file, parsed) => {
    const [first] = childrenOf(node, 'arguments');
    const callee = childOf(node, 'callee');
    const inMap =
      node.type === 'CallExpression' &&
      callee !== undefined &&
      /\.(?:get|set|has|delete|add)$/.test(parsed.textOf(callee)) &&
      isGlued(first, parsed);
    const value = childOf(node, 'value');
    const inJsx =
      node.type === 'JSXAttribute' &&
      parsed.textOf(node).startsWith('key=') &&
      isGlued(value === undefined ? undefined : childOf(value, 'expression'), parsed);
    const init = childOf(node, 'init');
    const named =
      node.type === 'VariableDeclarator' &&
      /(?:^id|^key|Id|Key(?:Of)?)$/.test(nameOf(childOf(node, 'id')) ?? '') &&
      isGlued(init?.type === 'ArrowFunctionExpression' ? childOf(init, 'body') : init, parsed);
    const near = around[0]?.type === 'CallExpression' ? childOf(around[0], 'callee') : undefined;
    const grouped =
      node.type === 'ArrowFunctionExpression' &&
      near !== undefined &&
      /groupBy$/.test(parsed.textOf(near)) &&
      isGlued(childOf(node, 'body'), parsed);
    return inMap || inJsx || named || grouped ? 'glues a key' : undefined;
  },
);

const tables = nodeRule(
  {
    name: 'tables of texts are Maps: no object literal is indexed by data',
    fix: 'Build a Map; an object indexed by data answers for its prototype’s names too.',
  },
  (tree) =>
    shippedTs(tree).filter(
      // An object that a library or a protocol asks for is built there, from names of its own.
      (file) =>
        /^(?:lib|components|app)\//.test(file) &&
        !/^lib\/(?:sandbox\/|ingest\/decode-message\.ts$)/.test(file),
    ),
  ['VariableDeclarator', 'PropertyDefinition'],
  ({ node }, _file, parsed) => {
    const id = node.type === 'VariableDeclarator' ? childOf(node, 'id') : node;
    const type = id === undefined ? undefined : childOf(id, 'typeAnnotation');
    const text = type === undefined ? '' : parsed.textOf(type);
    return /^: (?:Readonly<|Partial<)*(?:Record<string,|\{ ?(?:readonly )?\[\w+: string\])/.test(
      text,
    )
      ? 'is a table of texts as an object'
      : undefined;
  },
);

const positional = nodeRule(
  {
    name: 'three texts as arguments are an options object',
    fix: 'Take one object with named parts.',
  },
  shippedTs,
  functions,
  ({ node, around: [near] }, _file, parsed) => {
    const isNamed = /^(?:VariableDeclarator|MethodDefinition|Program|Export\w+)$/.test(
      near?.type ?? '',
    );
    if (node.type !== 'FunctionDeclaration' && !isNamed) return undefined;
    const types = childrenOf(node, 'params').map((param) => {
      const own = param.type === 'AssignmentPattern' ? childOf(param, 'left') : param;
      const type = own?.type === 'Identifier' ? childOf(own, 'typeAnnotation') : undefined;
      return type === undefined ? '' : parsed.textOf(type).slice(2);
    });
    const same = [...Map.groupBy(types, (type) => type)].find(
      ([type, all]) => type === 'string' && all.length > 2,
    );
    return same === undefined ? undefined : `takes ${same[1].length} arguments of type ${same[0]}`;
  },
);

const qualifiers = nodeRule(
  {
    name: 'qualifiers come last in names',
    fix: 'Write entriesMax, ageMsMin: what it is of comes first.',
  },
  shippedTs,
  ['VariableDeclarator', 'TSPropertySignature', 'PropertyDefinition'],
  ({ node }) => {
    const name = nameOf(childOf(node, node.type === 'VariableDeclarator' ? 'id' : 'key')) ?? '';
    return /^(?:max|min|avg)[A-Z]/.test(name) ? `is named ${name}` : undefined;
  },
);

const stateRooms = /^lib\/(?:domain|correlate|explain|services|store|shared)\//;

const statesAsTexts = nodeRule(
  {
    name: 'no state is a text that others take apart',
    fix: 'Give the state a closed union in lib/domain and compare its parts.',
  },
  (tree) => shippedTs(tree).filter((file) => stateRooms.test(file)),
  ['CallExpression'],
  ({ node }, _file, parsed) => {
    const callee = childOf(node, 'callee');
    const [first] = childrenOf(node, 'arguments');
    if (callee === undefined || first?.type !== 'Literal') return undefined;
    const takesApart =
      (/\.startsWith$/.test(parsed.textOf(callee)) && /[:-]'$/.test(parsed.textOf(first))) ||
      (/\.endsWith$/.test(parsed.textOf(callee)) && /^':/.test(parsed.textOf(first)));
    const isName = /^'(?:arn|data|https?|urn):'$/.test(parsed.textOf(first));
    return takesApart && !isName ? `takes a text apart at ${parsed.textOf(first)}` : undefined;
  },
);

const consoles = nodeRule(
  {
    name: 'nothing that ships writes to the console or stops in a debugger',
    fix: 'Use the log of lib/http/log.ts, or `say` in lib/cli.',
  },
  (tree) => tree.code.filter((file) => isShipped(file) && isTs(file)),
  ['MemberExpression', 'DebuggerStatement'],
  ({ node }, _file, parsed) => {
    if (node.type === 'DebuggerStatement') return 'stops in a debugger';
    return /^(?:globalThis\.)?console\.\w+$/.test(parsed.textOf(node))
      ? 'writes to the console'
      : undefined;
  },
);

const routeTries = nodeRule(
  {
    name: 'routes and pages catch nothing themselves',
    fix: 'Let lib/http turn the error into a response.',
  },
  (tree) => shippedTs(tree).filter((file) => file.startsWith('app/')),
  ['TryStatement', 'CallExpression'],
  ({ node }, _file, parsed) => {
    const callee = childOf(node, 'callee');
    if (node.type === 'TryStatement') return 'catches';
    return callee !== undefined && /\.catch$/.test(parsed.textOf(callee)) ? 'catches' : undefined;
  },
);

const loneTests = nodeRule(
  {
    name: 'no test is alone, to do, or sure to pass',
    fix: 'Remove `.only` and `.todo`; expect something that the code decides.',
  },
  (tree) => tree.code.filter((file) => isTest(file) && isTs(file)),
  ['MemberExpression', 'CallExpression'],
  ({ node }, _file, parsed) => {
    const text = parsed.textOf(node);
    if (node.type === 'MemberExpression')
      return /^(?:test|it|describe)(?:\.\w+)*\.(?:only|todo)$/.test(text)
        ? `is ${text}`
        : undefined;
    return /^expect\((?:true|false|null|undefined|\d+|'[^']*')\)$/.test(text)
      ? `has ${text}`
      : undefined;
  },
);

export const syntaxRules: readonly Rule[] = [
  functionLength,
  casts,
  bannedSyntax,
  defaultExports,
  gluedKeys,
  tables,
  positional,
  qualifiers,
  statesAsTexts,
  consoles,
  routeTries,
  loneTests,
];
