import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const packageDir = fileURLToPath(new URL('../', import.meta.url));
const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const manifest = JSON.parse(readFileSync(path.join(packageDir, 'package.json'), 'utf8'));

function run(cwd: string, command: string, ...args: string[]): string {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, npm_config_loglevel: 'error' },
  });
}

describe('the published package', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'keytide-pack-'));
  const host = path.join(scratch, 'host');
  let packed: string[] = [];
  const inHost = (code: string) => run(host, process.execPath, '--input-type=module', '-e', code);

  beforeAll(() => {
    run(
      scratch,
      process.execPath,
      path.join(packageDir, 'build.ts'),
      path.join(scratch, 'package'),
    );
    const [tarball] = JSON.parse(run(scratch, 'npm', 'pack', './package', '--json'));
    packed = tarball.files.map((file: { path: string }) => file.path);
    mkdirSync(host);
    writeFileSync(path.join(host, 'package.json'), '{"name":"host","private":true}');
    const from = `../${tarball.filename}`;
    run(host, 'npm', 'install', '--offline', '--no-audit', '--no-fund', from);
    // What the host has besides: the optional peers, and Node's types for its compiler.
    for (const peer of ['@aws-sdk', '@types', 'prom-client']) {
      symlinkSync(path.join(modules, peer), path.join(host, 'node_modules', peer));
    }
  }, 120_000);

  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test('holds what was built, the documents and nothing else', () => {
    const top = [...new Set(packed.map((file) => file.split('/')[0]))];
    expect(top.sort()).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'SECURITY.md',
        'dist',
        'docs',
        'package.json',
      ].sort(),
    );
    const docs = packed.filter((file) => file.startsWith('docs/'));
    expect(docs.sort()).toEqual([
      'docs/api.md',
      'docs/format-vectors.json',
      'docs/format.md',
      'docs/kms-errors.md',
      'docs/telemetry.md',
    ]);
    const built = packed.filter((file) => file.startsWith('dist/'));
    expect(built.filter((file) => !/\.(?:js|d\.ts)$/.test(file))).toEqual([]);
    // Each module comes with its types.
    const stems = (end: string) =>
      built.filter((file) => file.endsWith(end)).map((file) => file.slice(0, -end.length));
    expect(stems('.js').sort()).toEqual(stems('.d.ts').sort());
    for (const source of Object.values<string>(manifest.exports)) {
      expect(packed).toContain(source.replace('./src/', 'dist/').replace(/\.ts$/, '.js'));
    }
  });

  test('runs the start of its README in plain JavaScript', () => {
    const readme = readFileSync(
      path.join(host, 'node_modules/@keytide/crypto-core/README.md'),
      'utf8',
    );
    const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(15);
    expect(inHost(code)).toBe('hello\n');
  });

  test('loads no SDK with its core, and every entry with its peer', () => {
    const loadedBy = (entry: string): string[] =>
      JSON.parse(
        inHost(`
          import { registerHooks } from 'node:module';
          const loaded = [];
          registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
          await import(${JSON.stringify(entry)});
          console.log(JSON.stringify(loaded));`),
      );
    const own = (url: string) => url.includes('/@keytide/crypto-core/dist/');
    for (const entry of Object.keys(manifest.exports)) {
      const loaded = loadedBy(entry.replace('.', '@keytide/crypto-core'));
      expect(loaded.filter(own).length).toBeGreaterThan(0);
      if (entry !== '.') continue;
      expect(loaded.filter((url) => url.startsWith('file:') && !own(url))).toEqual([]);
    }
  });

  test('gives a strict TypeScript host its types', () => {
    writeFileSync(
      path.join(host, 'host.ts'),
      `import { createEngine, type Engine, memoryDirectory } from '@keytide/crypto-core';
       import { localProvider } from '@keytide/crypto-core/providers/local';
       export const engine: Engine = createEngine({
         provider: localProvider({ secret: new Uint8Array(32) }),
         directory: memoryDirectory(),
         keyFor: (workspace: string) => workspace,
         process: 'host',
       });
       // @ts-expect-error: it is a number, so the types were found.
       createEngine({ policy: { ttlMs: 'an hour' } });`,
    );
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--types', 'node'];
    const tsc = path.join(modules, 'typescript/bin/tsc');
    expect(run(host, process.execPath, tsc, ...options, '--target', 'es2023', 'host.ts')).toBe('');
  });
});
