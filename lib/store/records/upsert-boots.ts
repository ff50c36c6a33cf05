import type { BootRecord } from '../../domain/telemetry-record.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import { recordset, type Tx } from '../connection/transaction.ts';

/** A boot with the earliest instant known of it, epoch ms. */
export type KnownBoot = Omit<BootRecord, 'startedAt' | 'tells' | 'version'> & {
  startedAt: number;
  version?: string | null;
};

export interface BootRow extends KnownBoot {
  /** It says with each roll-up how far it has told. */
  tells: boolean;
}

/** Every boot of these processes. */
export async function readBoots(tx: Tx, processes: Iterable<string>): Promise<BootRow[]> {
  const names = [...new Set(processes)];
  if (names.length === 0) return [];
  return tx.$queryRawUnsafe<BootRow[]>(
    `SELECT process, boot, (extract(epoch FROM started_at) * 1000)::float8 AS "startedAt", ttl_ms::float8 AS "ttlMs",
       dek_rotation_ms::float8 AS "dekRotationMs", version, heard_at IS NOT NULL AS tells
     FROM process_boot WHERE process = ANY($1::text[])`,
    names,
  );
}

/**
 * Keeps what is told of boots: the earliest start, and the policy once one is told. Resolves to every boot of these
 * processes, as it is known from now on, and to those of which something new is known.
 */
export async function keepBoots(
  tx: Tx,
  { told, processes }: { told: readonly KnownBoot[]; processes: Iterable<string> },
): Promise<{ boots: BootRow[]; changed: KnownBoot[] }> {
  const stored = await readBoots(tx, processes);
  const boots = new Map(stored.map((boot) => [bootKey(boot), boot]));
  const changed: KnownBoot[] = [];
  for (const boot of told) {
    const known = boots.get(bootKey(boot));
    const after = {
      process: boot.process,
      boot: boot.boot,
      startedAt: Math.min(boot.startedAt, known?.startedAt ?? boot.startedAt),
      ttlMs: boot.ttlMs ?? known?.ttlMs ?? null,
      dekRotationMs: boot.dekRotationMs ?? known?.dekRotationMs ?? null,
      version: boot.version ?? known?.version ?? null,
      tells: known?.tells ?? false,
    };
    const same =
      known?.startedAt === after.startedAt &&
      known.ttlMs === after.ttlMs &&
      known.dekRotationMs === after.dekRotationMs &&
      known.version === after.version;
    if (same) continue;
    boots.set(bootKey(boot), after);
    changed.push(after);
  }
  if (changed.length > 0) await writeBoots(tx, changed);
  return { boots: [...boots.values()], changed };
}

const bootKey = ({ process, boot }: KnownBoot): string => tupleKey(process, boot);

async function writeBoots(tx: Tx, boots: readonly KnownBoot[]): Promise<void> {
  await tx.$executeRawUnsafe(
    `INSERT INTO process_boot (process, boot, started_at, ttl_ms, dek_rotation_ms, version)
     SELECT process, boot, "startedAt", "ttlMs", "dekRotationMs", version
     FROM jsonb_to_recordset($1::jsonb) AS r(process text, boot text, "startedAt" timestamptz(3), "ttlMs" bigint,
       "dekRotationMs" bigint, version text)
     ON CONFLICT (process, boot) DO UPDATE SET started_at = excluded.started_at, ttl_ms = excluded.ttl_ms,
       dek_rotation_ms = excluded.dek_rotation_ms, version = excluded.version`,
    recordset(boots, ['startedAt']),
  );
}
