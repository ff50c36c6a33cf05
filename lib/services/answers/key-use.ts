import { AppError } from '../../domain/app-error.ts';
import { isNamed } from '../../shared/service-facts.ts';
import { aliasesOf } from '../../store/views/key-names.ts';
import {
  type KeyUserRow,
  type KeyWorkspaceRow,
  readKeyUsers,
  readKeyWorkspaces,
} from '../../store/views/keys/read-key-users.ts';
import { readLeases } from '../../store/views/keys/read-leases.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { keyIdOf } from './key-id.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { readService, serviceFacts } from './service-facts.ts';

/** Who uses a key, and what breaks if it is disabled now. Instants are epoch ms. */
export interface KeyUse {
  key: string;
  now: number;
  users: (Omit<KeyUserRow, 'ours'> & { verdict: UserVerdict })[];
  /** What stops: our workspaces with when the last data key held ends, and others' uses. */
  ifDisabled: {
    workspaces: KeyWorkspaceRow[];
    /** When the last lease of a data key under it ends; null where none is held. */
    darkBy: number | null;
    processes: { process: string; liveDeks: number; lastLeaseEndsAt: number }[];
    /** Callers that are not ours and used it within a day of the newest use. */
    others: string[];
  };
}

/** `ours`: by what was joined, or as somebody said. `service`: a cloud service that asks for somebody. */
export type UserVerdict = 'ours' | 'service' | 'stranger';

const lookBackMs = 25 * 3_600_000;

/** @throws {AppError} `not-found` where nothing is known of the key. */
export const keyUse = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { key: string };
}): Promise<KeyUse> =>
  oneSnapshot(ctx, async (view) => {
    const use = await keyUseOf(view, await keyIdOf(view, input.key));
    if (use.users.length === 0 && use.ifDisabled.workspaces.length === 0) throw unknownKey(use.key);
    return use;
  });

export const unknownKey = (key: string): AppError =>
  new AppError(
    'not-found',
    `Nothing is known of the key ${key}: import its log, or check its name against the one in the log.`,
  );

/** The same within a view; empty where nothing is known of the key. */
export async function keyUseOf(ctx: ViewContext, key: string): Promise<KeyUse> {
  const now = await ctx.now();
  const told = serviceFacts(await readService({ ctx }));
  const names = [key, ...(await aliasesOf(ctx.db, key))];
  const rows = await readKeyUsers(ctx.db, names);
  const workspaces = await readKeyWorkspaces(ctx.db, names);
  const users = rows.map(({ ours, ...row }) => {
    const isOurs = ours || isNamed(told, { id: row.principal, name: row.name });
    const other = row.services.length === 0 ? 'stranger' : 'service';
    const verdict: UserVerdict = isOurs ? 'ours' : other;
    return { ...row, verdict };
  });
  const leases = await readLeases(ctx.db, { now, since: now - lookBackMs });
  const processes = leases.flatMap(({ key: of, process, liveDeks, lastLeaseEndsAt }) =>
    names.includes(of) && lastLeaseEndsAt !== null ? [{ process, liveDeks, lastLeaseEndsAt }] : [],
  );
  const ends = processes.map(({ lastLeaseEndsAt }) => lastLeaseEndsAt);
  return {
    key,
    now,
    users,
    ifDisabled: {
      workspaces,
      darkBy: ends.length === 0 ? null : Math.max(...ends),
      processes,
      others: users.flatMap(({ verdict, lately, name }) =>
        verdict !== 'ours' && lately > 0 ? [name] : [],
      ),
    },
  };
}
