import { performance } from 'node:perf_hooks';
import { answerPool } from '../../lib/services/answers/answer-pool.ts';
import { acceptTraces } from '../../lib/services/intake/accept-otlp.ts';
import { pack } from '../../lib/services/intake/pack.ts';
import { repeat } from '../../lib/services/repeat.ts';
import type { Db } from '../../lib/store/connection/db.ts';
import { ensurePartitions, partitionedTables } from '../../lib/store/records/ensure-partitions.ts';
import { callsPerRequest, traceRequest } from './otlp-requests.ts';

const dayMs = 86_400_000;
const callsPerSecond = 1_000;
/** A server that does not keep up is sent no more at once, and less in all. */
const atOnceMax = 24;
const tickMs = 20;

/**
 * Does `work` while calls come in, from `from` on (epoch ms), and days are looked at and sums packed as a server does.
 * Resolves to how many calls a second went in.
 */
export async function ingestBeside(
  { db, url, from }: { db: Db; url: string; from: number },
  work: () => Promise<void>,
): Promise<number> {
  for (const table of partitionedTables)
    await ensurePartitions(db, table, [from, from + dayMs, from + 2 * dayMs]);
  const pool = answerPool({ url, threads: 1 });
  const ctx = { db, now: async () => from };
  const sender = `beside-${process.pid}`;
  const began = performance.now();
  const underWay = new Set<Promise<unknown>>();
  let [sent, taken] = [0, 0];
  const elapsed = () => (performance.now() - began) / 1_000;
  const tick = setInterval(() => {
    const due = (elapsed() * callsPerSecond) / callsPerRequest;
    for (; sent < due && underWay.size < atOnceMax; sent += 1) {
      const input = traceRequest({ sender, no: sent, from });
      const one = acceptTraces({ ctx, input }).then(() => {
        taken += callsPerRequest;
        underWay.delete(one);
      });
      underWay.add(one);
    }
  }, tickMs);
  const stops = [
    repeat(5_000, () => pool.ask({ verb: 'keepSpikes', input: undefined }, from)),
    repeat(10_000, (until) => pack(ctx, until)),
  ];
  try {
    await work();
    return taken / elapsed();
  } finally {
    clearInterval(tick);
    await Promise.all([...underWay, ...stops.map((stop) => stop())]);
    await pool.close();
  }
}
