import type { Db } from '../connection/db.ts';

/** Saved views at most. */
const viewsMax = 100;

/** Pages kept under a name, by name. */
export const readSavedViews = (db: Db): Promise<{ name: string; href: string }[]> =>
  db.savedView.findMany({ select: { name: true, href: true }, orderBy: { name: 'asc' } });

/** Keeps a page under a name, in place of another of that name. Resolves to false where there is no room. */
export async function writeSavedView(
  db: Db,
  { name, href, savedAt }: { name: string; href: string; savedAt: number },
): Promise<boolean> {
  const others = await db.savedView.count({ where: { name: { not: name } } });
  if (others >= viewsMax) return false;
  const kept = { href, savedAt: new Date(savedAt) };
  await db.savedView.upsert({ where: { name }, create: { name, ...kept }, update: kept });
  return true;
}

/** Resolves to false where there is none of that name. */
export async function deleteSavedView(db: Db, name: string): Promise<boolean> {
  return (await db.savedView.deleteMany({ where: { name } })).count > 0;
}
