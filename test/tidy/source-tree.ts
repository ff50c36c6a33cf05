/** The repository as the rules see it: files with their texts, who imports whom, and which part a file belongs to. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type ExportSite, type ImportSite, type ParsedFile, parsedFile } from './parsed-file.ts';

/** What breaks a rule, where. */
export interface Breach {
  file: string;
  line: number;
  what: string;
}

export interface Rule {
  name: string;
  /** What to do about a breach, in one sentence. */
  fix: string;
  find(tree: SourceTree): Breach[];
}

export interface Import extends ImportSite {
  from: string;
  /** A file of this repository, or a package's specifier. */
  to: string;
  own: boolean;
}

export interface Export extends ExportSite {
  file: string;
}

export interface SourceTree {
  files: readonly string[];
  /** TypeScript and JavaScript. */
  code: readonly string[];
  textOf(file: string): string;
  parsed(file: string): ParsedFile;
  imports: readonly Import[];
  exports: readonly Export[];
  /** Files by which others reach crypto-core. */
  packageEntries: ReadonlySet<string>;
  /** Of a file or folder of the repository. */
  exists(name: string): boolean;
}

export const isCode = (file: string) => /\.(?:ts|tsx|js|mjs)$/.test(file);
export const isShipped = (file: string) => /^(?:lib|app|components|crypto-core\/src)\//.test(file);
export const isTest = (file: string) => /^(?:test|crypto-core\/(?:test|bench))\//.test(file);

/** The part of the layout a file belongs to. */
export function areaOf(file: string): string {
  const [top = '', second = ''] = file.split('/');
  if (top === 'lib') return file === 'lib/env.ts' ? 'env' : second;
  if (top === 'crypto-core') return second === 'src' ? 'crypto-core' : `crypto-core/${second}`;
  return file.includes('/') ? top : 'root';
}

/** The files that git tracks or would track, as they lie in the work tree. */
export function repository(root: string): SourceTree {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const files = listed
    .split('\0')
    .filter((file) => file !== '' && existsSync(path.join(root, file)));
  const texts = new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
  return sourceTree(texts, (name) => existsSync(path.join(root, name)));
}

export function sourceTree(
  texts: ReadonlyMap<string, string>,
  exists: (name: string) => boolean = (name) => isIn(texts, name),
): SourceTree {
  const files = [...texts.keys()];
  const code = files.filter(isCode);
  const textOf = (file: string) => texts.get(file) ?? '';
  const parsed = (file: string) => parsedFile(file, textOf(file));
  const entries = entriesOf(textOf('crypto-core/package.json'));
  const resolve = (from: string, { specifier, ...site }: ImportSite): Import => {
    if (specifier.startsWith('.')) {
      const to = path.posix.join(path.posix.dirname(from), specifier);
      return { ...site, specifier, from, to, own: true };
    }
    const entry = entries.get(specifier);
    return { ...site, specifier, from, to: entry ?? specifier, own: entry !== undefined };
  };
  const styles = files.filter((file) => file.endsWith('.css'));
  return {
    files,
    code,
    textOf,
    parsed,
    imports: [
      ...code.flatMap((file) => parsed(file).imports.map((site) => resolve(file, site))),
      ...styles.flatMap((file) => styleImports(textOf(file)).map((site) => resolve(file, site))),
    ],
    exports: code.flatMap((file) => parsed(file).exports.map((site) => ({ file, ...site }))),
    packageEntries: new Set(entries.values()),
    exists,
  };
}

const isIn = (texts: ReadonlyMap<string, string>, name: string) =>
  texts.has(name) || [...texts.keys()].some((file) => file.startsWith(`${name}/`));

function entriesOf(manifest: string): Map<string, string> {
  const { exports = {} }: { exports?: object } = manifest === '' ? {} : JSON.parse(manifest);
  return new Map(
    Object.entries(exports).map(([name, to]) => [
      path.posix.join('@keytide/crypto-core', name),
      path.posix.join('crypto-core', String(to)),
    ]),
  );
}

function styleImports(text: string): ImportSite[] {
  return [...text.matchAll(/^@import\s+['"]([^'"]+)['"]/gm)].map(([, specifier = '']) => ({
    line: 1,
    specifier,
    names: ['*'],
    typeOnly: false,
    passedOn: false,
  }));
}
