import { keyStateOf } from '../../explain/drill/key-state.ts';
import type { ProcessLease, RevocationView } from '../../shared/dto.ts';
import { logNames } from '../../store/views/key-names.ts';
import { type ChangeRow, readKeyChanges } from '../../store/views/keys/read-drill-log.ts';
import { type LeaseRow, readLeases } from '../../store/views/keys/read-leases.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import type { SandboxState } from '../sandbox-client.ts';
import { changesOf } from './drill-facts.ts';
import { oneSnapshot } from './one-snapshot.ts';

/** Leases last a day at most, so older calls hold nothing. */
const lookBackMs = 25 * 3_600_000;

/** For every key: what each process still holds, and when its last lease ends. */
export const revocation = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { sandbox: SandboxState | null };
}): Promise<RevocationView> => oneSnapshot(ctx, (view) => revocationOf(view, input));

async function revocationOf(
  ctx: ViewContext,
  input: { sandbox: SandboxState | null },
): Promise<RevocationView> {
  const now = await ctx.now();
  const logName = await logNames(ctx.db);
  const leases = await readLeases(ctx.db, { now, since: now - lookBackMs });
  const rows = leases.map((row) => ({ ...row, key: logName(row.key) }));
  const known = new Map(input.sandbox?.keys.map((key) => [key.key, key]));
  const keys = [...new Set([...known.keys(), ...rows.map(({ key }) => key)])];
  const changes = await readKeyChanges(
    ctx.db,
    keys.filter((key) => !known.has(key)),
  );
  return {
    now,
    speed: input.sandbox?.speed ?? 1,
    keys: keys.map((key) => {
      const processes = rows.filter((row) => row.key === key).map((row) => processLease(row, now));
      const ends = processes.flatMap(({ lastLeaseEndsAt }) => lastLeaseEndsAt ?? []);
      return {
        key,
        ...(stateIn(known.get(key)) ?? stateOfLog(key, changes.get(key) ?? [])),
        darkBy: ends.length === 0 ? null : Math.max(...ends),
        processes,
      };
    }),
  };
}

const stateIn = (key: SandboxState['keys'][number] | undefined) =>
  key && { enabled: key.enabled, disabledAt: key.disabledAt };

/** As the log's events tell it; what is to be deleted or was is not enabled, either. */
function stateOfLog(key: string, changes: readonly ChangeRow[]) {
  const { state, since } = keyStateOf(changesOf(changes, key, []));
  if (state === 'untold' || state === 'enabled')
    return { enabled: state === 'untold' ? null : true, disabledAt: null };
  return { enabled: false, disabledAt: since };
}

/** A process in use reports every minute: one silent for longer may be gone. */
const silentMs = 10 * 60_000;

function processLease(
  { key: _, firstLeaseEndsAt: __, ...row }: LeaseRow,
  now: number,
): ProcessLease {
  const serving = now - row.lastWordAt > silentMs ? 'stale' : 'serving';
  const state = row.liveDeks > 0 ? serving : row.deniedAt !== null ? 'dark' : 'idle';
  return { ...row, state };
}
