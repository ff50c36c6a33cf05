import type { BootRecord } from '../domain/telemetry-record.ts';
import { recordset, type Tx } from './transaction.ts';

/** A boot with the earliest instant known of it, epoch ms. */
export type KnownBoot = Omit<BootRecord, 'startedAt' | 'tells'> & { startedAt: number };

/**
 * Keeps what is told of boots: the earliest start, and the policy once one is told. Resolves to those that are new or
 * have changed.
 */
export function upsertBoots(
  tx: Tx,
  boots: readonly KnownBoot[],
): Promise<{ process: string; boot: string }[]> {
  return tx.$queryRawUnsafe<{ process: string; boot: string }[]>(
    `INSERT INTO process_boot (process, boot, started_at, ttl_ms, dek_rotation_ms, version)
     SELECT process, boot, min("startedAt"), max("ttlMs"), max("dekRotationMs"), max(version)
     FROM jsonb_to_recordset($1::jsonb) AS r(process text, boot text, "startedAt" timestamptz(3), "ttlMs" bigint,
       "dekRotationMs" bigint, version text) GROUP BY 1, 2
     ON CONFLICT (process, boot) DO UPDATE SET started_at = least(process_boot.started_at, excluded.started_at),
       ttl_ms = coalesce(excluded.ttl_ms, process_boot.ttl_ms),
       dek_rotation_ms = coalesce(excluded.dek_rotation_ms, process_boot.dek_rotation_ms),
       version = coalesce(excluded.version, process_boot.version)
     WHERE excluded.started_at < process_boot.started_at OR excluded.ttl_ms <> coalesce(process_boot.ttl_ms, 0)
       OR excluded.dek_rotation_ms <> coalesce(process_boot.dek_rotation_ms, 0)
       OR excluded.version <> coalesce(process_boot.version, '')
     RETURNING process, boot`,
    recordset(boots, ['startedAt']),
  );
}
