/** The real sandbox on the embedded database at its own speed: the database's size, and how long answers take. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openOwnStore, openStore } from '../../lib/services/open-store.ts';
import type { ExplainView } from '../../lib/shared/dto.ts';
import type { Db } from '../../lib/store/connection/db.ts';
import { removeDir, startUp, type Up } from './up.ts';

/** Minutes in all; the first and the last sixth are compared. */
export const soakMinutes = (otherwise: number): number =>
  Number(process.env.KEYTIDE_SOAK_MINUTES ?? otherwise);

export interface Soaked {
  /** (size at the end - rows added x bytes a row after VACUUM FULL) / size after the first sixth. */
  growth: number;
  bytes: { early: number; end: number; ofNewRows: number };
  /** 95th percentile of what one view takes, ms, in the first and the last sixth. */
  p95: { first: number; last: number };
  views: number;
  /** Where a view had a residual: of which window, in which lines of the ledger. */
  residuals: string[];
}

const everyMs = 5_000;
const views = ['explain', 'spikes', 'pattern', 'calls'] as const;
/** At sixty times wall time rows are dropped from the middle of the hour on. */
const retentionDays = 1;
const readyMsMax = 15 * 60_000;

/** @throws {Error} where a view fails or the server ends. */
export async function soak({ minutes }: { minutes: number }): Promise<Soaked> {
  const up = await startUp({ env: { KEYTIDE_RETENTION_DAYS: String(retentionDays) }, readyMsMax });
  try {
    const sixthMs = minutes * 10_000;
    const first = await poll(up, sixthMs);
    const early = { rows: await rowsOf(up), bytes: await bytesIn(join(up.dir, 'db')) };
    const between = await poll(up, 4 * sixthMs);
    const last = await poll(up, sixthMs);
    const rows = await rowsOf(up);
    const end = await bytesIn(join(up.dir, 'db'));
    if ((await up.stop()) !== 0) throw new Error(`the server failed: ${up.stderr()}`);
    const bytesARow = await compactBytes(up.dir, rows);
    const added = [...new Set([...rows.keys(), ...early.rows.keys()])].map(
      (table) =>
        ((rows.get(table) ?? 0) - (early.rows.get(table) ?? 0)) * (bytesARow.get(table) ?? 0),
    );
    const ofNewRows = added.reduce((sum, bytes) => sum + bytes, 0);
    const all = [...first, ...between, ...last];
    return {
      growth: (end - ofNewRows) / early.bytes,
      bytes: { early: early.bytes, end, ofNewRows },
      p95: { first: p95(first), last: p95(last) },
      views: all.length,
      residuals: all.flatMap(({ residuals }) => residuals),
    };
  } finally {
    await up.kill();
    await removeDir(up.dir);
  }
}

interface Polled {
  ms: number;
  residuals: string[];
}

/** Asks for one view after the other, of the newest day, so that each is of as much data as the one before. */
async function poll(up: Up, forMs: number): Promise<Polled[]> {
  const polled: Polled[] = [];
  const until = performance.now() + forMs;
  for (let turn = 0; performance.now() < until; turn += 1) {
    const begun = performance.now();
    const view = views[turn % views.length];
    const answer = await fetch(`${up.url}/api/${view}?last=24h`);
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${view}: ${answer.status} ${body}`);
    const residuals = view === 'explain' ? residualsOf(JSON.parse(body)) : [];
    polled.push({ ms: performance.now() - begun, residuals });
    await sleep(Math.max(0, Math.min(begun + everyMs, until) - performance.now()));
  }
  return polled;
}

const residualsOf = ({ window, ledger }: ExplainView): string[] =>
  ledger.lines.flatMap(({ id, residual }) =>
    residual === 0 ? [] : [`${new Date(window.to).toISOString()} ${id}: ${residual}`],
  );

function p95(polled: readonly Polled[]): number {
  const sorted = polled.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
}

/** Rows of every table and partition. */
async function rowsOf(up: Up): Promise<Map<string, number>> {
  const store = await openStore({ url: undefined, dir: up.dir });
  try {
    const rows = new Map<string, number>();
    for (const table of await tablesOf(store.ctx.db)) {
      const [found] = await store.ctx.db.$queryRawUnsafe<{ n: number }[]>(
        `SELECT count(*)::float8 AS n FROM ${table}`,
      );
      rows.set(table, found?.n ?? 0);
    }
    return rows;
  } finally {
    await store.close();
  }
}

async function tablesOf(db: Db): Promise<string[]> {
  const rows = await db.$queryRawUnsafe<{ name: string }[]>(
    'SELECT relname AS name FROM pg_stat_user_tables',
  );
  return rows.map(({ name }) => `"${name}"`);
}

/** Bytes of a row, its share of the indexes included, once nothing dead is left. */
async function compactBytes(
  dir: string,
  rows: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  const store = await openOwnStore({ url: undefined, dir });
  try {
    const bytes = new Map<string, number>();
    for (const table of await tablesOf(store.ctx.db)) {
      await store.ctx.db.$executeRawUnsafe(`VACUUM FULL ${table}`);
      const [found] = await store.ctx.db.$queryRawUnsafe<{ n: number }[]>(
        `SELECT pg_total_relation_size('${table}')::float8 AS n`,
      );
      bytes.set(table, (found?.n ?? 0) / Math.max(1, rows.get(table) ?? 0));
    }
    return bytes;
  } finally {
    await store.close();
  }
}

/** Bytes of every file under a directory; one that is gone meanwhile has none. */
async function bytesIn(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
