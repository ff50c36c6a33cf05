/** What files and their words must be: sizes, names, places, comments, and paths that exist. */
import path from 'node:path';
import {
  areaOf,
  type Breach,
  isCode,
  isShipped,
  type Rule,
  type SourceTree,
} from './source-tree.ts';

const isTyped = (file: string) => /\.tsx?$/.test(file);

/** Breaches of a rule about a file as a whole. */
const ofFiles = (
  tree: SourceTree,
  isOne: (file: string) => boolean,
  judge: (file: string) => string | undefined,
): Breach[] =>
  tree.files.filter(isOne).flatMap((file) => {
    const what = judge(file);
    return what === undefined ? [] : [{ file, line: 1, what }];
  });

/** Every place where a pattern stands. */
const matchesOf = (tree: SourceTree, isOne: (file: string) => boolean, pattern: RegExp): Breach[] =>
  tree.files.filter(isOne).flatMap((file) => {
    const text = tree.textOf(file);
    return [...text.matchAll(pattern)].map(({ 0: what, index }) => ({
      file,
      line: text.slice(0, index).split('\n').length,
      what: `has ${what.trim()}`,
    }));
  });

const sizes: Rule = {
  name: 'files have 400 lines at most, pages 25, route handlers 40',
  fix: 'Split it by what its parts are for.',
  find: (tree) =>
    ofFiles(tree, isTyped, (file) => {
      const lines = tree.textOf(file).replace(/\n$/, '').split('\n').length;
      return lines > limitOf(file) ? `has ${lines} lines, ${limitOf(file)} at most` : undefined;
    }),
};

function limitOf(file: string): number {
  if (/^app\/(?:.*\/)?page\.tsx$/.test(file)) return 25;
  return /^app\/(?:.*\/)?route\.ts$/.test(file) ? 40 : 400;
}

const literals =
  /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\/(?![/*])(?:[^/\\\n]|\\.)+\/[a-z]*/g;

const columns: Rule = {
  name: 'code has 100 columns at most, comments 120, long literals apart',
  fix: 'Break the line; biome does it for code.',
  find: (tree) =>
    tree.files.filter(isTyped).flatMap((file) => {
      let insideTemplate = false;
      const lines = tree.textOf(file).split('\n');
      return lines.flatMap((line, at): Breach[] => {
        const comment = !insideTemplate && /^\s*(?:\/\/|\/?\*|\{\/\*)/.test(line);
        const literal = insideTemplate;
        const ticks = line.replace(/\\`/g, '').split('`').length - 1;
        const opens = !comment && !insideTemplate && ticks % 2 === 1;
        if (!comment && ticks % 2 === 1) insideTemplate = !insideTemplate;
        const outside = opens ? line.slice(0, line.lastIndexOf('`')) : line;
        const width = comment ? line.length : outside.replace(literals, "''").length;
        const wide = !literal && width > (comment ? 120 : 100);
        return wide ? [{ file, line: at + 1, what: `has ${line.length} columns` }] : [];
      });
    }),
};

const names: Rule = {
  name: 'files have kebab-case names, and no file or folder is called utils',
  fix: 'Name it after its main export.',
  find: (tree) =>
    ofFiles(
      tree,
      (file) => isCode(file) || file.endsWith('.css'),
      (file) => {
        const named = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|bench|config|module|d))?\.[a-z]+$/;
        const vague = /(?:^|\/)(?:utils?|helpers?|misc|common|lib\/.*\/lib)(?:\/|\.[a-z]+$)/;
        const isWrong = !named.test(path.posix.basename(file)) || vague.test(file);
        return isWrong ? 'has a name that tells nothing, or is not kebab-case' : undefined;
      },
    ),
};

const places: Rule = {
  name: 'files lie where the layout has a place for them',
  fix: 'Move it: ARCHITECTURE.md says what belongs where.',
  find: (tree) => {
    const top = /^(?:app|components|lib|prisma|crypto-core|test|\.ci)\//;
    const rootFiles =
      /^(?:next\.config\.js|package(?:-lock)?\.json|(?:README|ARCHITECTURE|CONTRIBUTING)\.md|LICENSE|tsconfig\.json|biome\.json|(?:vitest|prisma)\.config\.ts|\.[a-z]+(?:rc|ignore|attributes|config|-version))$/;
    const inLib =
      /^lib\/(?:env\.ts$|(?:shared|domain|sources|ingest|correlate|explain|forecast|whatif|store|services|http|sandbox|cli)\/)/;
    return ofFiles(
      tree,
      (file) =>
        !(top.test(file) || rootFiles.test(file)) || (file.startsWith('lib/') && !inLib.test(file)),
      () => 'has no place in the layout',
    );
  },
};

const notes: Rule = {
  name: 'nothing that ships holds a note to self',
  fix: 'Do it, or file an issue.',
  find: (tree) =>
    matchesOf(
      tree,
      (file) => isShipped(file) && textFile.test(file),
      /\b(?:TODO|FIXME|XXX|HACK)\b/g,
    ),
};

const textFile =
  /\.(?:ts|tsx|js|mjs|json|css|md|sql|prisma|yml|yaml|toml|sh|txt)$|^LICENSE$|\/[^.]+$/;

const machines: Rule = {
  name: 'nothing names a path of one machine or a registry’s host',
  fix: 'Make the path relative to the repository, or a parameter.',
  find: (tree) =>
    matchesOf(
      tree,
      (file) => textFile.test(file),
      /(?<![\w.-])\/(?:root|work|home|Users)\/[\w.]+|\bregistry\.[a-z]+\.(?:org|com|dev)\b/g,
    ),
};

const repositoryPath = /^(?:app|components|lib|prisma|crypto-core|test|src|docs|bench|\.ci)\//;

const documentPaths: Rule = {
  name: 'documents name only paths that exist',
  fix: 'Name the path as it is now.',
  find: (tree) =>
    tree.files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) => {
        const dir = path.posix.dirname(file);
        const packageDir = file.startsWith('crypto-core/') ? 'crypto-core' : '.';
        const text = tree.textOf(file);
        const quoted = [...text.matchAll(/`((?:\.{0,2}\/)?[\w.@[\]-]+(?:\/[\w.@[\]-]+)+\/?)`/g)]
          .map(([, name = '']) => name)
          .filter((name) => repositoryPath.test(name));
        const linked = [...text.matchAll(/\]\((?!https?:|mailto:|#|\/)([^)#\s]+)/g)];
        return [...new Set([...quoted, ...linked.map(([, to = '']) => to)])]
          .filter(
            (name) =>
              !['.', dir, packageDir].some((base) => tree.exists(path.posix.join(base, name))),
          )
          .map((name) => ({ file, line: lineOf(text, name), what: `names ${name}` }));
      }),
};

const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length;

const commentLengths: Rule = {
  name: 'comments have three lines at most, a module’s header ten',
  fix: 'Say why in fewer words; what a reader needs more of is for the documentation.',
  find: (tree) =>
    tree.code.filter(isTyped).flatMap((file) =>
      tree.parsed(file).comments.flatMap(({ line, lines, header }): Breach[] => {
        // Tags and what follows them are a public docstring's units, errors and examples; a list is a table.
        const tag = lines.findIndex((one) => /^\s*@\w/.test(one));
        const prose = (tag < 0 ? lines : lines.slice(0, tag)).filter(
          (one) => !/^\s*(?:- .*)?$/.test(one),
        );
        const most = header ? 10 : 3;
        return prose.length > most
          ? [{ file, line, what: `a comment of ${prose.length} lines, ${most} at most` }]
          : [];
      }),
    ),
};

const commentPaths: Rule = {
  name: 'comments name only files that exist',
  fix: 'Name the file as it is now, or say what it is instead.',
  find: (tree) => {
    const basenames = new Set(tree.files.map((file) => path.posix.basename(file)));
    return tree.code.filter(isTyped).flatMap((file) =>
      tree.parsed(file).comments.flatMap(({ line, lines }) => {
        const text = lines.join('\n');
        const paths = [
          ...text.matchAll(
            /(?<![\w./-])(?:lib|test|app|components|crypto-core|prisma)\/[\w./[\]-]*\w/g,
          ),
        ]
          .map(([name]) => name)
          .filter((name) => !tree.exists(name) && !tree.exists(`${areaOf(file)}/${name}`));
        const files = [...text.matchAll(/(?<![\w./-])[\w-]+\.tsx?\b/g)]
          .map(([name]) => name)
          .filter((name) => !basenames.has(name));
        return [...new Set([...paths, ...files])].map((name) => ({
          file,
          line,
          what: `names ${name}`,
        }));
      }),
    );
  },
};

export const textRules: readonly Rule[] = [
  sizes,
  columns,
  names,
  places,
  notes,
  machines,
  documentPaths,
  commentLengths,
  commentPaths,
];
