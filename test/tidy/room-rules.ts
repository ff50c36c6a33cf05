/** What each room keeps to itself: clocks and chance, the environment, SQL; and pure code, which has none of them. */
import { pureAreas } from './import-rules.ts';
import { nodeRule, shippedTs } from './node-rule.ts';
import { childOf, childrenOf, type Found, fieldOf, nameOf } from './parsed-file.ts';
import { areaOf, type Rule } from './source-tree.ts';

/** Where time, chance and waiting may be taken from the machine: they are parameters everywhere else. */
const clockRooms =
  /^(?:crypto-core\/src\/runtime\.ts|lib\/domain\/clock\.ts|lib\/cli\/.*|components\/hooks\/.*)$/;
const clockText =
  /^(?:(?:globalThis\.)?Date\.now|(?:globalThis\.)?Math\.random|(?:globalThis\.)?performance\.now|process\.hrtime(?:\.bigint)?)$/;

/** `random = Math.random`: the caller may give another. */
const isDefault = ({ node, around: [near] }: Found) =>
  near?.type === 'AssignmentPattern' && childOf(near, 'right') === node;

const clocks = nodeRule(
  {
    name: 'clocks and chance are taken in their rooms only',
    fix: 'Take a Clock or `random` as a parameter; systemClock of lib/domain/clock.ts is the machine’s.',
  },
  shippedTs,
  ['MemberExpression', 'NewExpression', 'CallExpression'],
  (found, file, parsed) => {
    if (clockRooms.test(file)) return undefined;
    const { node } = found;
    if (node.type === 'MemberExpression') {
      const text = parsed.textOf(node);
      return clockText.test(text) && !isDefault(found) ? `takes ${text}` : undefined;
    }
    const callee = nameOf(childOf(node, 'callee'));
    return callee === 'Date' && childrenOf(node, 'arguments').length === 0
      ? 'takes the time with Date'
      : undefined;
  },
);

/** Entry points. */
const envRooms = /^(?:lib\/cli\/.*|lib\/services\/server-context\.ts)$/;

const environment = nodeRule(
  {
    name: 'the environment is read by entry points only',
    fix: 'Add the variable to lib/env.ts and pass its value in.',
  },
  shippedTs,
  ['MemberExpression', 'VariableDeclarator', 'ImportSpecifier'],
  ({ node, around }, file, parsed) => {
    if (envRooms.test(file)) return undefined;
    const text = parsed.textOf(node);
    if (node.type === 'MemberExpression')
      return /^(?:globalThis\.)?process\.env$/.test(text) ? `reads ${text}` : undefined;
    if (node.type === 'VariableDeclarator')
      return /\benv\b.*=\s*process$/s.test(text) ? 'reads the environment' : undefined;
    const from = around[0] === undefined ? undefined : childOf(around[0], 'source');
    const isProcess = from !== undefined && fieldOf(from, 'value') === 'node:process';
    return isProcess && /^env\b/.test(text) ? 'reads the environment' : undefined;
  },
);

/** CloudTrail Lake is asked in SQL too. */
const sqlRooms =
  /^(?:lib\/store\/|crypto-core\/src\/directories\/|lib\/sources\/cloudtrail\/lake-reader\.ts$)/;
const sqlText =
  /^\s*(?:select\s.+\bfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|(?:create|alter|drop|truncate)\s+table\s)/is;

const rawSql = nodeRule(
  {
    name: 'SQL is written in lib/store only',
    fix: 'Write a query there, one a file, and call it.',
  },
  (tree) => shippedTs(tree).filter((file) => !sqlRooms.test(file)),
  ['Literal', 'TemplateElement', 'MemberExpression'],
  ({ node }, _file, parsed) => {
    if (node.type === 'MemberExpression')
      return /\.\$(?:query|execute)Raw(?:Unsafe)?$/.test(parsed.textOf(node))
        ? 'asks the database itself'
        : undefined;
    const text = parsed.textOf(node).replace(/^['"`]/, '');
    return sqlText.test(text) ? `holds SQL: ${text.trim().slice(0, 40)}` : undefined;
  },
);

const pureBanned =
  /^(?:Date\.now|Math\.random|performance\.\w+|process\.\w+|crypto\.\w+|console\.\w+|fetch|setTimeout|setInterval|setImmediate|queueMicrotask)$/;

const purity = nodeRule(
  {
    name: 'pure code takes no clock, chance, environment or IO, and throws on no data',
    fix: 'Take the value as a parameter; answer {value, rejected} instead of a throw.',
  },
  (tree) => tree.code.filter((file) => pureAreas.includes(areaOf(file))),
  ['MemberExpression', 'CallExpression', 'ThrowStatement', 'AwaitExpression'],
  ({ node }, _file, parsed) => {
    if (node.type === 'ThrowStatement') return 'throws';
    if (node.type === 'AwaitExpression') return 'waits';
    const asked = node.type === 'CallExpression' ? childOf(node, 'callee') : node;
    const text = asked === undefined ? '' : parsed.textOf(asked);
    return pureBanned.test(text) ? `takes ${text}` : undefined;
  },
);

export const roomRules: readonly Rule[] = [clocks, environment, rawSql, purity];
