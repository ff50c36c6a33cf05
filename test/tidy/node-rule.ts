import type { Found, ParsedFile } from './parsed-file.ts';
import { type Breach, isShipped, type Rule, type SourceTree } from './source-tree.ts';

export const isTs = (file: string) => /\.tsx?$/.test(file);
export const shippedTs = (tree: SourceTree) =>
  tree.code.filter((file) => isShipped(file) && isTs(file));

/** Breaches among the nodes of these types in these files; `judge` says what is wrong, or nothing. */
export function nodeRule(
  { name, fix }: Pick<Rule, 'name' | 'fix'>,
  filesOf: (tree: SourceTree) => readonly string[],
  types: readonly string[],
  judge: (found: Found, file: string, parsed: ParsedFile) => string | undefined,
): Rule {
  const find = (tree: SourceTree) =>
    filesOf(tree).flatMap((file): Breach[] => {
      const parsed = tree.parsed(file);
      return parsed.nodes(...types).flatMap((found) => {
        const what = judge(found, file, parsed);
        return what === undefined ? [] : [{ file, line: parsed.lineOf(found.node), what }];
      });
    });
  return { name, fix, find };
}
