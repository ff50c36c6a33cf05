import { keyStateOf } from '../../explain/drill/key-state.ts';
import type { DekAges, KeysView, KeyView, ReadableView } from '../../shared/keys-view.ts';
import { readKeyChanges } from '../../store/views/keys/read-drill-log.ts';
import {
  readDekAges,
  readKeyHours,
  readKnownKeys,
  readMixedWorkspaces,
} from '../../store/views/keys/read-known-keys.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { changesOf } from './drill-facts.ts';
import { keyIdOf } from './key-id.ts';
import { keyUseOf, unknownKey } from './key-use.ts';
import { oneSnapshot } from './one-snapshot.ts';

const dayMs = 86_400_000;
/** How much of a key's requests is shown, and how far back its data keys are counted. */
const shownMs = 14 * dayMs;

/** All keys that the log or telemetry names, and their states. */
export const listKeys = ({ ctx }: { ctx: ServiceContext }): Promise<KeysView> =>
  oneSnapshot(ctx, async (view) => ({ now: await view.now(), keys: await keysOf(view) }));

async function keysOf({ db }: ViewContext): Promise<KeysView['keys']> {
  const rows = await readKnownKeys(db);
  const changes = await readKeyChanges(
    db,
    rows.map(({ key }) => key),
  );
  return rows.map((row) => ({
    ...row,
    ...keyStateOf(changesOf(changes.get(row.key) ?? [], row.key, [])),
  }));
}

/** Of each key, the data keys under it by age. */
export const readableData = ({ ctx }: { ctx: ServiceContext }): Promise<ReadableView> =>
  oneSnapshot(ctx, async (view) => {
    const now = await view.now();
    const listed = await keysOf(view);
    const keys = listed.map(({ key }) => key);
    const ages = await dekAges(view, { keys, now });
    return { now, keys: listed.map(({ key, state }) => ({ key, state, readable: ages(key) })) };
  });

async function dekAges({ db }: ViewContext, { keys, now }: { keys: string[]; now: number }) {
  const rows = await readDekAges(db, { keys, now, since: now - shownMs });
  const byKey = Map.groupBy(rows, ({ key }) => key);
  return (key: string): DekAges => (byKey.get(key) ?? []).map(({ key: _, ...age }) => age);
}

/**
 * How a key lives, who uses it, and what breaks without it.
 * @throws {AppError} `not-found` where nothing is known of the key
 */
export const describeKey = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { key: string };
}): Promise<KeyView> =>
  oneSnapshot(ctx, async (view) => keyViewOf(view, await keyIdOf(view, input.key)));

async function keyViewOf(ctx: ViewContext, key: string): Promise<KeyView> {
  const { db } = ctx;
  const now = await ctx.now();
  const use = await keyUseOf(ctx, key);
  const rows = (await readKeyChanges(db, [key])).get(key) ?? [];
  const isUsed = use.users.length + use.ifDisabled.workspaces.length > 0;
  if (!isUsed && rows.every((row) => row.key === null)) throw unknownKey(key);
  const callers = use.users.map(({ name }) => name);
  const changes = changesOf(rows, key, callers);
  // Clocks differ by seconds, but what a log dates years ahead would leave no hours.
  const instants = [...changes.map(({ at }) => at), ...use.users.map(({ lastAt }) => lastAt)];
  const newest = Math.max(0, ...instants.filter((at) => at <= now + shownMs));
  const { workspaces, processes, darkBy, others } = use.ifDisabled;
  return {
    key,
    now,
    ...keyStateOf(changes),
    life: changes.map(({ resolutionMs: _, ...change }) => change),
    hours: await readKeyHours(db, { key, from: newest - shownMs, to: newest + 1 }),
    users: use.users.map(({ principal, name, verdict, events, refused, firstAt, lastAt }) => {
      return { principal, name, verdict, events, refused, firstAt, lastAt };
    }),
    ifDisabled: { workspaces: workspaces.length, processes: processes.length, darkBy, others },
    readable: (await dekAges(ctx, { keys: [key], now }))(key),
    mixed: await readMixedWorkspaces(db, { key, since: now - shownMs }),
  };
}
