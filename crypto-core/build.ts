/**
 * `node crypto-core/build.ts [FOLDER]`: makes the folder that is published (by default `package` beside this file):
 * JavaScript and types in `dist`, the documents, and a manifest whose exports name what was built instead of the
 * sources.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const packageDir = import.meta.dirname;
const out = path.resolve(process.argv[2] ?? path.join(packageDir, 'package'));
const documents = ['README.md', 'SECURITY.md', 'CHANGELOG.md', 'docs'];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const tsc = path.join(
  path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
);
const project = path.join(packageDir, 'tsconfig.build.json');
execFileSync(process.execPath, [tsc, '-p', project, '--outDir', path.join(out, 'dist')], {
  stdio: 'inherit',
});
for (const name of documents) {
  cpSync(path.join(packageDir, name), path.join(out, name), { recursive: true });
}
cpSync(path.join(packageDir, '../LICENSE'), path.join(out, 'LICENSE'));

const {
  scripts: _,
  exports,
  ...manifest
} = JSON.parse(readFileSync(path.join(packageDir, 'package.json'), 'utf8'));
const sources: [string, string][] = Object.entries(exports);
const published = {
  ...manifest,
  files: ['dist', 'docs', 'CHANGELOG.md', 'SECURITY.md'],
  exports: Object.fromEntries(
    sources.map(([entry, source]) => {
      const built = source.replace('./src/', './dist/').replace(/\.ts$/, '');
      return [entry, { types: `${built}.d.ts`, default: `${built}.js` }];
    }),
  ),
};
writeFileSync(path.join(out, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
