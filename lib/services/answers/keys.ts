import { keyStateOf } from '../../explain/drill/key-state.ts';
import type { DekAges, KeysView, KeyView, ReadableView } from '../../shared/keys-view.ts';
import { aliasesOf, logNames, readAliases } from '../../store/views/key-names.ts';
import { readKeyChanges } from '../../store/views/keys/read-drill-log.ts';
import {
  type DekAgeRow,
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
  const rows = await readNamedKeys(db);
  const changes = await readKeyChanges(
    db,
    rows.map(({ key }) => key),
  );
  return rows.map((row) => ({
    ...row,
    ...keyStateOf(changesOf(changes.get(row.key) ?? [], row.key, [])),
  }));
}

/** Each key once, by the log's name. */
async function readNamedKeys(db: ViewContext['db']) {
  const logName = await logNames(db);
  const byKey = new Map<string, Awaited<ReturnType<typeof readKnownKeys>>[number]>();
  for (const { key: name, lastEventAt, lastCallAt } of await readKnownKeys(db)) {
    const key = logName(name);
    const known = byKey.get(key);
    byKey.set(key, {
      key,
      lastEventAt: later(known?.lastEventAt, lastEventAt),
      lastCallAt: later(known?.lastCallAt, lastCallAt),
    });
  }
  return [...byKey.values()];
}

const later = (one: number | null | undefined, other: number | null): number | null =>
  one == null || other == null ? (one ?? other) : Math.max(one, other);

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
  const known = await readAliases(db);
  const aliases = known.flatMap((one) => (keys.includes(one.key) ? [one.alias] : []));
  const rows = await readDekAges(db, { keys: [...keys, ...aliases], now, since: now - shownMs });
  return (key: string): DekAges => {
    const names = known.flatMap((one) => (one.key === key ? [one.alias] : []));
    return agesOf(rows.filter((row) => row.key === key || names.includes(row.key)));
  };
}

/** Data keys by age, of all names of a key. */
function agesOf(rows: readonly DekAgeRow[]): DekAges {
  return [...Map.groupBy(rows, ({ age }) => age)].map(([age, of]) => ({
    age,
    deks: of.reduce((sum, { deks }) => sum + deks, 0),
    held: of.reduce((sum, { held }) => sum + held, 0),
    refused: of.reduce((sum, { refused }) => sum + refused, 0),
  }));
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
  const names = [key, ...(await aliasesOf(db, key))];
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
    hours: await readKeyHours(db, { keys: names, from: newest - shownMs, to: newest + 1 }),
    users: use.users.map(({ principal, name, verdict, events, refused, firstAt, lastAt }) => {
      return { principal, name, verdict, events, refused, firstAt, lastAt };
    }),
    ifDisabled: { workspaces: workspaces.length, processes: processes.length, darkBy, others },
    readable: (await dekAges(ctx, { keys: [key], now }))(key),
    mixed: await readMixedWorkspaces(db, {
      names,
      since: now - shownMs,
    }),
  };
}
