import { execFile } from 'node:child_process';
import { readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeDir, runKeytide, scratchDir, startUp, type Up } from '../support/up.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

describe('an engine of one’s own in the sandbox', () => {
  let up: Up;
  let home: string;
  beforeAll(async () => {
    home = await scratchDir();
    // Where the commands of the README are given: the repository as it is, with a data directory of its own.
    for (const name of ['node_modules', 'crypto-core', 'package.json'])
      symlinkSync(join(root, name), join(home, name));
    up = await startUp({ dir: join(home, '.keytide') });
  });
  afterAll(async () => {
    await up?.stop();
    if (home) await removeDir(home);
  });

  it('runs the example by the README’s own commands, and the dashboard shows its call matched', async () => {
    const readme = readFileSync(join(root, 'crypto-core/README.md'), 'utf8');
    const section = readme.slice(readme.indexOf('## In the sandbox'));
    const [start, ...commands] = (/```sh\n(.*?)```/s.exec(section)?.[1] ?? '').trim().split('\n');
    expect(start).toMatch(/^npm start\s/);
    expect(commands).toHaveLength(2);
    const { stdout } = await run('bash', ['-euc', commands.join('\n')], { cwd: home });
    expect(stdout).toContain('decrypted: hello\nKMS calls, by cause: dek.first\n');
    const url = /explained at (\S+)/.exec(stdout)?.[1];
    expect(url).toBe(`${up.url}/calls?process=example&last=1h`);
    const calls = `${up.url}/api/calls?process=example&last=1h`;
    const state = async () => {
      const { rows } = await (await fetch(calls)).json();
      return rows.map((row: { attempt: { state: string } }) => row.attempt.state).join();
    };
    await expect.poll(state, { timeout: 60_000, interval: 1_000 }).toBe('matched');
  });

  it('is told by `up` where it finds what it needs', () => {
    expect(up.stderr()).toContain(
      `keytide: for an engine of your own: eval "$(npx keytide sandbox env --data '${up.dir}')"\n`,
    );
  });

  it('asks the sandbox’s cloud for access to its key, and says what is no key of a cloud', async () => {
    const { stdout: env } = await runKeytide(['sandbox', 'env', '--data', up.dir]);
    const key = /^export KEYTIDE_KEY='(.+)'$/m.exec(env)?.[1] ?? '';
    const access = await runKeytide(['access', key, '--data', up.dir]);
    expect(access.code, access.stderr).toBe(0);
    expect(access.stdout).toMatch(/^arn:aws:kms:\S+: Active\n/);
    expect(access.stdout).toContain('Least privilege: none of 5 other permissions');
    const none = await runKeytide(['access', 'local:mine', '--data', up.dir]);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('there is no cloud to ask');
  });

  it('marks an Encrypt and finds it in the sandbox’s log, by the sandbox’s time', async () => {
    const { stdout: env } = await runKeytide(['sandbox', 'env', '--data', up.dir]);
    const key = /^export KEYTIDE_KEY='(.+)'$/m.exec(env)?.[1] ?? '';
    const check = await runKeytide(['check', 'aws', key, '--data', up.dir]);
    expect(check.code, check.stderr).toBe(0);
    expect(check.stdout).toContain('known by its request id');
    expect(check.stdout).toContain('The claim survives in the user agent.');
    const { now } = await (await fetch(`${up.url}/api/sandbox`)).json();
    const used = await runKeytide(['key', key, '--data', up.dir, '--json']);
    expect(JSON.parse(used.stdout).now).toBeGreaterThanOrEqual(now);
  });

  it('finds its secrets behind a token that only its user can read', async () => {
    const control = join(up.dir, 'sandbox/control.json');
    expect(statSync(control).mode & 0o777).toBe(0o600);
    const { stdout } = await runKeytide(['sandbox', 'env', '--data', up.dir]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => /^export ([A-Z_]+)='[^']+'$/.exec(line)?.[1])).toEqual([
      'AWS_ENDPOINT_URL',
      'AWS_REGION',
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'KEYTIDE_AWS_KEY',
      'KEYTIDE_KEY',
      'KEYTIDE_OTLP_URL',
      'KEYTIDE_OTLP_TOKEN',
    ]);
    const { url } = JSON.parse(readFileSync(control, 'utf8'));
    expect((await fetch(`${url}/access`)).status).toBe(401);
    expect(readFileSync(control, 'utf8')).not.toContain(up.token);
  });

  it('is told in one line that no sandbox runs, whether none was there or one crashed', async () => {
    const nobody = (dir: string) => ({
      code: 1,
      stdout: '',
      stderr: `keytide: No sandbox runs in ${dir}; start one with npm start, or name its directory with --data.\n`,
    });
    expect(await runKeytide(['sandbox', 'env', '--data', home])).toEqual(nobody(home));
    await up.kill();
    expect(statSync(join(up.dir, 'sandbox/control.json')).isFile()).toBe(true);
    expect(await runKeytide(['sandbox', 'env', '--data', up.dir])).toEqual(nobody(up.dir));
  });
});
