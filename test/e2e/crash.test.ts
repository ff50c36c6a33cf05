import { createEngine, memoryDirectory } from '@keytide/crypto-core';
import { localProvider } from '@keytide/crypto-core/providers/local';
import { otlpSender } from '@keytide/crypto-core/telemetry/otlp';
import { expect, it } from 'vitest';
import { removeDir, startUp, type Up } from '../support/up.ts';

async function lineTotals(up: Up): Promise<Record<string, number>> {
  const answer = await fetch(`${up.url}/api/explain?last=2h&to=${Date.now() + 120_000}`);
  const { ledger } = await answer.json();
  return Object.fromEntries(
    ledger.lines.map(({ id, total }: { id: string; total: number }) => [id, total]),
  );
}

it('kill -9 during ingest loses nothing acknowledged and counts nothing twice', async () => {
  const dir = (await startUpAndStop()).dir;
  let up = await startUp({ dir, args: ['--no-sandbox'] });
  const { port, token } = up;
  // The sender keeps what was not acknowledged; after the restart each row must be there exactly once.
  const sender = otlpSender({
    url: `${up.url}/api/otlp`,
    token,
    flushEveryMs: 0,
    timeoutMs: 10_000,
  });
  const engine = createEngine({
    process: 'crash-1',
    provider: localProvider({ secret: Buffer.alloc(32, 1) }),
    keyFor: () => 'local:key',
    directory: memoryDirectory(),
    telemetry: [sender],
  });
  const work = async (from: number, to: number) => {
    for (let number = from; number < to; number += 1) {
      await engine.encrypt(Buffer.from('x'), { workspace: `w${number}` });
    }
  };
  await work(0, 1_500);
  await sender.flush();
  expect(await lineTotals(up)).toMatchObject({ operations: 1_500, calls: 1_500, attempts: 1_500 });
  await work(1_500, 4_000);
  const sending = sender.flush();
  await new Promise((resolve) => setTimeout(resolve, 120));
  await up.kill();
  await sending;
  up = await startUp({ dir, args: ['--no-sandbox'], port });
  const kept = await lineTotals(up);
  expect(kept.calls).toBeGreaterThanOrEqual(1_500);
  await sender.flush();
  expect(await lineTotals(up)).toMatchObject({ operations: 4_000, calls: 4_000, attempts: 4_000 });
  await engine.close();
  await up.stop();
  await removeDir(dir);
});

async function startUpAndStop(): Promise<Up> {
  const up = await startUp({ args: ['--no-sandbox'] });
  expect(await up.stop()).toBe(0);
  return up;
}
