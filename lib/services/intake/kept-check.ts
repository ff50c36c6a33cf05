import { z } from 'zod';
import type { ConnectionView } from '../../shared/connection-view.ts';
import type { Tx } from '../../store/connection/transaction.ts';
import { readSetting, writeSetting } from '../../store/entities/settings.ts';

const nameOf = (sourceId: string) => `check:${sourceId}`;

const kept = z.object({
  at: z.number(),
  knownBy: z.string().nullable(),
  claimIn: z.string().nullable(),
  afterMs: z.number().nullable(),
});

/** What the last marked Encrypt showed of a source. */
export async function readCheck(tx: Tx, sourceId: string): Promise<ConnectionView['check']> {
  return kept.safeParse(await readSetting(tx, nameOf(sourceId))).data ?? null;
}

export const keepCheck = (
  tx: Tx,
  sourceId: string,
  check: NonNullable<ConnectionView['check']>,
): Promise<void> => writeSetting(tx, nameOf(sourceId), check);
