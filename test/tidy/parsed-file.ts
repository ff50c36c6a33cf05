/** One file as the rules see it: its syntax tree, comments, imports and exports. The only user of the parser. */
import path from 'node:path';
import { parseSync } from 'rolldown/utils';

/** A node of the parser's tree (ESTree with TypeScript); fields are asked for by name. */
export interface SyntaxNode {
  type: string;
  start: number;
  end: number;
}

/** A node and the nodes around it, the nearest first. */
export interface Found {
  node: SyntaxNode;
  around: readonly SyntaxNode[];
}

/** Comments that follow one another, line under line, are one. */
export interface Comment {
  line: number;
  /** Without the marks. */
  lines: string[];
  /** The first thing in the file. */
  header: boolean;
}

export interface ImportSite {
  line: number;
  specifier: string;
  /** Names taken; `*` is all of them. */
  names: string[];
  typeOnly: boolean;
  /** `export … from`. */
  passedOn: boolean;
}

export interface ExportSite {
  line: number;
  name: string;
  isType: boolean;
}

export interface ParsedFile {
  text: string;
  /** All nodes of these types, in the order of the text. */
  nodes(...types: string[]): Found[];
  comments: Comment[];
  imports: ImportSite[];
  exports: ExportSite[];
  lineOf(node: { start: number }): number;
  /** The text of a node. */
  textOf(node: { start: number; end: number }): string;
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

/** A field's nodes, whether it holds one, a list or none. */
export function childrenOf(node: SyntaxNode, field: string): SyntaxNode[] {
  const value: unknown = new Map<string, unknown>(Object.entries(node)).get(field);
  return (Array.isArray(value) ? value : [value]).filter(isNode);
}

export const childOf = (node: SyntaxNode, field: string): SyntaxNode | undefined =>
  childrenOf(node, field)[0];

/** A field that is no node: a name, an operator, a literal's value. */
export const fieldOf = (node: SyntaxNode, field: string): unknown =>
  new Map<string, unknown>(Object.entries(node)).get(field);

/** An identifier's name. */
export const nameOf = (node: SyntaxNode | undefined) =>
  node === undefined ? undefined : String(fieldOf(node, 'name') ?? '');

const parsedFiles = new Map<string, { text: string; parsed: ParsedFile }>();

/** Parses once for each text. @throws {Error} where the text is no TypeScript. */
export function parsedFile(file: string, text: string): ParsedFile {
  const known = parsedFiles.get(file);
  if (known?.text === text) return known.parsed;
  const parsed = parse(file, text);
  parsedFiles.set(file, { text, parsed });
  return parsed;
}

function parse(file: string, text: string): ParsedFile {
  const { program, comments, errors, module } = parseSync(file, text);
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const lineAt = (offset: number) => {
    let [low, high] = [0, lineStarts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  const byType = new Map<string, Found[]>();
  collect(program, [], byType);
  const nodes = (...types: string[]) =>
    types
      .flatMap((type) => byType.get(type) ?? [])
      .sort((a, b) => a.node.start - b.node.start || b.node.end - a.node.end);
  const requests = nodes('ImportExpression', 'TSImportType', 'NewExpression').flatMap(
    (found): ImportSite[] => {
      const specifier = requestedBy(found.node);
      if (specifier === undefined) return [];
      const typeOnly = found.node.type === 'TSImportType';
      const line = lineAt(found.node.start);
      return [{ line, specifier, names: ['*'], typeOnly, passedOn: false }];
    },
  );
  return {
    text,
    nodes,
    comments: commentsOf(text, comments, lineAt),
    imports: [...staticImports(program.body, lineAt), ...requests],
    exports: module.staticExports.flatMap(({ start, entries }) =>
      entries.map(({ exportName, localName, isType }) => ({
        isType,
        line: lineAt(start),
        name:
          exportName.kind === 'Default' ? 'default' : (exportName.name ?? localName.name ?? '*'),
      })),
    ),
    lineOf: ({ start }) => lineAt(start),
    textOf: ({ start, end }) => text.slice(start, end),
  };
}

function collect(
  node: SyntaxNode,
  around: readonly SyntaxNode[],
  byType: Map<string, Found[]>,
): void {
  const known = byType.get(node.type);
  if (known === undefined) byType.set(node.type, [{ node, around }]);
  else known.push({ node, around });
  const inside = [node, ...around];
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const child of value) if (isNode(child)) collect(child, inside, byType);
    } else if (isNode(value)) collect(value, inside, byType);
  }
}

const literalText = (node: SyntaxNode | undefined): string | undefined => {
  const value = node === undefined ? undefined : fieldOf(node, 'value');
  return typeof value === 'string' ? value : undefined;
};

/** What `import('x')`, `typeof import('x')` and `new URL('x', import.meta.url)` ask for. */
function requestedBy(node: SyntaxNode): string | undefined {
  if (node.type !== 'NewExpression') return literalText(childOf(node, 'source'));
  const callee = childOf(node, 'callee');
  const [first, second] = childrenOf(node, 'arguments');
  const isUrl = callee !== undefined && fieldOf(callee, 'name') === 'URL';
  const specifier = literalText(first);
  if (!isUrl || second?.type !== 'MemberExpression') return undefined;
  return specifier?.startsWith('.') && path.extname(specifier) !== '' ? specifier : undefined;
}

function staticImports(
  body: readonly SyntaxNode[],
  lineAt: (offset: number) => number,
): ImportSite[] {
  return body.flatMap((node): ImportSite[] => {
    const specifier = literalText(childOf(node, 'source'));
    const passedOn = node.type.startsWith('Export');
    if (specifier === undefined) return [];
    const names = childrenOf(node, 'specifiers').map((site) => {
      const name = childOf(site, passedOn ? 'local' : 'imported');
      if (name !== undefined) return String(fieldOf(name, 'name'));
      return site.type === 'ImportDefaultSpecifier' ? 'default' : '*';
    });
    const all = node.type === 'ExportAllDeclaration' ? ['*'] : names;
    const kind = fieldOf(node, 'importKind') ?? fieldOf(node, 'exportKind');
    const typeOnly = kind === 'type';
    return [{ line: lineAt(node.start), specifier, names: all, typeOnly, passedOn }];
  });
}

function commentsOf(
  text: string,
  found: readonly { type: string; value: string; start: number; end: number }[],
  lineAt: (offset: number) => number,
): Comment[] {
  const comments: (Comment & { last: number })[] = [];
  for (const { type, value, start, end } of found) {
    const line = lineAt(start);
    const before = text.slice(text.lastIndexOf('\n', start) + 1, start);
    const lines = value.split('\n').map((one) => one.replace(/^\s*\*+ ?|^ /, '').trimEnd());
    const previous = comments.at(-1);
    if (type === 'Line' && before.trim() === '' && previous?.last === line - 1) {
      previous.lines.push(...lines);
      previous.last = line;
      continue;
    }
    const header = text.slice(0, start).replace(/^#!.*/, '').trim() === '';
    // What ends a line of code is no block that the next line goes on.
    const last = type === 'Line' && before.trim() === '' ? line : -1;
    comments.push({ line, lines, header, last: type === 'Line' ? last : -lineAt(end) });
  }
  return comments;
}
