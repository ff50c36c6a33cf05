import { importRules } from './import-rules.ts';
import { roomRules } from './room-rules.ts';
import type { Breach, Rule, SourceTree } from './source-tree.ts';
import { syntaxRules } from './syntax-rules.ts';
import { textRules } from './text-rules.ts';

/** Every rule of the code's style that a machine can check. */
export const rules: readonly Rule[] = [...importRules, ...roomRules, ...syntaxRules, ...textRules];

const told = ({ fix }: Rule, { file, line, what }: Breach) => `${file}:${line} ${what}. ${fix}`;

/** What breaks a rule, a line each: where, what, and what to do. */
export const breachesOf = (rule: Rule, tree: SourceTree): string[] =>
  rule.find(tree).map((breach) => told(rule, breach));
