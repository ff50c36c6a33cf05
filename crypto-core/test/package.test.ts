import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { presets } from '../src/index.ts';

const packageDir = new URL('../', import.meta.url);

/** Files loaded by a fresh process that imports one entry of the package. */
function loadedBy(entry: string): string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    await import(${JSON.stringify(entry)});
    console.log(JSON.stringify(loaded));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(packageDir),
    encoding: 'utf8',
  });
  return JSON.parse(output);
}

const foreign = (urls: string[]) =>
  urls.filter((url) => url.startsWith('file:') && url.includes('/node_modules/'));

describe('importing the package', () => {
  test.each([
    '@keytide/crypto-core',
    '@keytide/crypto-core/providers/local',
    '@keytide/crypto-core/telemetry/otlp',
  ])('%s loads no other package', (entry) => {
    const loaded = loadedBy(entry);
    expect(loaded.some((url) => url.includes('/crypto-core/src/'))).toBe(true);
    expect(foreign(loaded)).toEqual([]);
  });

  test('loads a peer only through the entry that needs it', () => {
    const prometheus = foreign(loadedBy('@keytide/crypto-core/telemetry/prometheus'));
    expect(prometheus.length).toBeGreaterThan(0);
    expect(prometheus.every((url) => !url.includes('@aws-sdk'))).toBe(true);
  });

  test.each([
    ['aws', '@aws-sdk/client-kms'],
    ['gcp', '@google-cloud/kms'],
    ['azure', '@azure/keyvault-keys'],
  ])('loads the SDK of %s and of no other cloud with its provider', (name, sdk) => {
    const loaded = foreign(loadedBy(`@keytide/crypto-core/providers/${name}`));
    const sdks = [
      '@aws-sdk/client-kms',
      '@google-cloud/kms',
      '@azure/keyvault-keys',
      'prom-client',
    ];
    const found = sdks.filter((one) => loaded.some((url) => url.includes(`/node_modules/${one}/`)));
    expect(found).toEqual([sdk]);
  });
});

describe('the README', () => {
  const readme = readFileSync(new URL('README.md', packageDir), 'utf8');

  test('starts with code that runs as it says', () => {
    const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
    const run = ['--input-type=module', '-e', code];
    const options = { cwd: fileURLToPath(packageDir), encoding: 'utf8' } as const;
    expect(execFileSync(process.execPath, run, options)).toBe('hello\n');
  });

  test('lists every option of the policy and every error code', () => {
    for (const option of Object.keys(presets.daily)) expect(readme).toContain(`| \`${option}\``);
    const errors = readFileSync(new URL('src/errors.ts', packageDir), 'utf8');
    const union = /CryptoCoreErrorCode =(.*?);/s.exec(errors)?.[1] ?? '';
    const codes = [...union.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code);
    expect(codes).toHaveLength(8);
    for (const code of codes) expect(readme).toContain(`\`${code}\``);
  });
});

test('the API documentation is one program that prints what it says', () => {
  const page = readFileSync(new URL('docs/api.md', packageDir), 'utf8');
  const code = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block).join('\n');
  const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, text]) => text);
  const options = { cwd: fileURLToPath(packageDir), encoding: 'utf8' } as const;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', code], options);
  expect(said.length).toBeGreaterThan(7);
  expect(printed.trimEnd().split('\n')).toEqual(said);
});

describe('the source', () => {
  const files = readdirSync(new URL('src/', packageDir), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, text: readFileSync(new URL(`src/${name}`, packageDir), 'utf8') }));

  test('takes time, randomness and waiting from the runtime alone', () => {
    expect(files.length).toBeGreaterThan(15);
    // The sender talks to a real network, outside the engine's time.
    const outside = new Set(['runtime.ts', 'telemetry/otlp.ts']);
    const banned = /Date\.now|new Date|Math\.random|performance\.now|setTimeout|setInterval/;
    const guilty = files.filter(({ name, text }) => !outside.has(name) && banned.test(text));
    expect(guilty.map(({ name }) => name)).toEqual([]);
  });

  test('draws keys and nonces from the runtime; the local provider stands for a KMS', () => {
    const banned = /\brandomBytes|\brandomUUID|\bgetRandomValues|\brandomFill(?!Sync)/;
    const guilty = files.filter(({ text }) => banned.test(text)).map(({ name }) => name);
    expect(guilty).toEqual(['providers/local.ts']);
  });

  test('writes to no console', () => {
    const guilty = files.filter(({ text }) => /\bconsole\.|process\.std/.test(text));
    expect(guilty.map(({ name }) => name)).toEqual([]);
  });
});
