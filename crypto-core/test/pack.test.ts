import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modules, type PackedHost, packedHost } from './packed-host.ts';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

describe('the published package', () => {
  let host: PackedHost;
  const inHost = (code: string) => host.run(process.execPath, '--input-type=module', '-e', code);

  beforeAll(() => {
    host = packedHost();
  }, 120_000);
  afterAll(() => host?.remove());

  test('holds what was built, the documents and nothing else', () => {
    const { packed } = host;
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
    // Each module has its types.
    const stems = (end: string) =>
      built.filter((file) => file.endsWith(end)).map((file) => file.slice(0, -end.length));
    expect(stems('.js').sort()).toEqual(stems('.d.ts').sort());
    for (const source of Object.values<string>(manifest.exports)) {
      expect(packed).toContain(source.replace('./src/', 'dist/').replace(/\.ts$/, '.js'));
    }
  });

  test('runs the start of its README in plain JavaScript', () => {
    const readme = readFileSync(
      path.join(host.dir, 'node_modules/@keytide/crypto-core/README.md'),
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
      path.join(host.dir, 'host.ts'),
      `import { createEngine, type Engine, memoryDirectory } from '@keytide/crypto-core';
       import { localProvider } from '@keytide/crypto-core/providers/local';
       import { awsProvider } from '@keytide/crypto-core/providers/aws';
       import { azureProvider } from '@keytide/crypto-core/providers/azure';
       import { gcpProvider } from '@keytide/crypto-core/providers/gcp';
       export const clouds = [
         awsProvider({ region: 'eu-central-1' }),
         gcpProvider({ fallback: true, projectId: 'host' }),
         azureProvider({
           credential: { getToken: async () => ({ token: 'token', expiresOnTimestamp: 0 }) },
         }),
       ];
       // @ts-expect-error: retries are the engine's.
       azureProvider({ credential: { getToken: async () => null }, retryOptions: { maxRetries: 3 } });
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
    expect(host.run(process.execPath, tsc, ...options, '--target', 'es2023', 'host.ts')).toBe('');
  });
});
