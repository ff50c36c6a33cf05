/** What `keytide up` says and does on disks that are full or read-only: real ones, where this user may mount them. */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { freePort, removeDir, runKeytide, scratchDir, startUp, type Up } from '../support/up.ts';

const mount = (...args: string[]) => execFileSync('mount', args, { stdio: 'ignore' });
const umount = (dir: string) => execFileSync('umount', ['--lazy', dir], { stdio: 'ignore' });

async function mayMount(): Promise<boolean> {
  const dir = await scratchDir();
  try {
    mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir);
    umount(dir);
    return true;
  } catch {
    return false;
  } finally {
    await removeDir(dir);
  }
}

/** Skipped where this user may not mount. */
const disks = it.skipIf(!(await mayMount()));
let dir: string;
let mounted = false;
beforeEach(async () => {
  dir = await scratchDir();
});
afterEach(async () => {
  if (mounted) umount(dir);
  mounted = false;
  await removeDir(dir);
});

function disk(size: string): void {
  mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir);
  mounted = true;
}

/** A start that fails, and what it says besides how long it takes. */
async function failing(): Promise<string> {
  const port = String(await freePort());
  const data = join(dir, 'data');
  const { code, stderr } = await runKeytide(['up', '--no-sandbox', '--port', port, '--data', data]);
  expect(code).toBe(1);
  return stderr.replace(/^.* s so far\n/gm, '');
}

disks(
  'a start on a full or read-only disk says so in one line; one that had no room begins anew with it',
  async () => {
    disk('20m');
    expect(await failing()).toMatch(/^keytide: Cannot use \S+: the disk is full: make room.*\n$/);
    mount('-o', 'remount,size=300m', dir);
    const begun = await startUp({ dir: join(dir, 'data'), args: ['--no-sandbox'] });
    expect(await begun.stop()).toBe(0);
    mount('-o', 'remount,ro', dir);
    expect(await failing()).toMatch(
      /^keytide: Cannot use \S+: it lies on a file system that is read-only.*\n$/,
    );
  },
);

/** One call with its attempt, as an engine sends it. */
function body(seq: number, at: number): string {
  const attributes = (given: Record<string, string>) =>
    Object.entries(given).map(([key, text]) => ({
      key,
      value: /^\d+$/.test(text) ? { intValue: text } : { stringValue: text },
    }));
  const nano = `${at}000000`;
  const span = {
    traceId: String(seq).padStart(32, '0'),
    spanId: String(seq).padStart(16, '0'),
    name: 'keytide.kms_call',
    kind: 1,
    startTimeUnixNano: nano,
    endTimeUnixNano: nano,
    attributes: attributes({
      ...{ 'keytide.seq': `${seq}`, 'keytide.at': `${at}`, 'keytide.workspace': 'w' },
      ...{ 'keytide.key': 'k', 'keytide.cause': 'load.first', 'keytide.outcome': 'ok' },
      ...{ 'rpc.system.name': 'aws-api', 'rpc.method': 'Decrypt', 'keytide.path': 'decrypt' },
      ...{ 'keytide.dek.id': `d${seq}`, 'keytide.dek.age_ms': '0', 'keytide.generation': '0' },
      ...{ 'keytide.root_seq': `${seq}`, 'keytide.coalesced': '0', 'keytide.attempts': '0' },
    }),
  };
  const resource = {
    'keytide.process': 'p',
    'keytide.boot': 'bootboot',
    'keytide.started_at': `${at}`,
  };
  return JSON.stringify({
    resourceSpans: [
      { resource: { attributes: attributes(resource) }, scopeSpans: [{ spans: [span] }] },
    ],
  });
}

async function send(to: Up, seq: number, at: number) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${to.token}` };
  const answer = await fetch(`${to.url}/api/otlp/v1/traces`, {
    method: 'POST',
    headers,
    body: body(seq, at),
  });
  return {
    status: answer.status,
    after: answer.headers.get('retry-after'),
    text: await answer.text(),
  };
}

disks(
  'a disk that fills up while it runs: a reason for senders, nothing acknowledged lost, on with room',
  async () => {
    disk('300m');
    const running = await startUp({ dir: join(dir, 'data'), args: ['--no-sandbox'] });
    const at = Date.now() - 600_000;
    const calls = async (): Promise<number | undefined> => {
      const window = `from=${at - 60_000}&to=${at + 60_000}`;
      const answer = await fetch(`${running.url}/api/explain?${window}`);
      const view: ExplainView = await answer.json();
      // Of traces alone no other line is known.
      const requests = view.ledger.lines.find(({ id }) => id === 'attempts');
      return requests?.terms.find(({ id }) => id === 'calls')?.value;
    };
    expect(await send(running, 1, at)).toMatchObject({ status: 200 });
    expect(await calls()).toBe(1);
    await mkdir(join(dir, 'fill'));
    for (let n = 0; ; n += 1) {
      const full = await writeFile(join(dir, 'fill', `${n}`), Buffer.alloc(4_000_000)).then(
        () => false,
        () => true,
      );
      if (full) break;
    }
    for (const seq of [2, 3, 4]) {
      const refused = await send(running, seq, at + seq);
      expect(refused).toMatchObject({ status: 503, after: '2' });
      expect(refused.text).toMatch(/disk of the database is full .*make room/);
    }
    expect(await calls()).toBe(1);
    await expect
      .poll(() => running.stderr(), { timeout: 15_000 })
      .toMatch(/keytide: the disk of .* is full/);
    await rm(join(dir, 'fill'), { recursive: true });
    for (const seq of [2, 3, 4])
      expect(await send(running, seq, at + seq)).toMatchObject({ status: 200 });
    await expect.poll(() => running.stderr(), { timeout: 15_000 }).toMatch(/there is room again/);
    expect(await calls()).toBe(4);
    expect(running.stderr().match(/is full/g)).toHaveLength(1);
    expect(await running.stop()).toBe(0);
  },
);
