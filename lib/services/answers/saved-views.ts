import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { systemClock } from '../../domain/clock.ts';
import type { SavedViews } from '../../shared/saved-views.ts';
import {
  deleteSavedView,
  readSavedViews,
  writeSavedView,
} from '../../store/entities/saved-views.ts';
import type { ServiceContext } from '../context.ts';

type Asked = { ctx: Pick<ServiceContext, 'db'> };

export const listViews = async ({ ctx }: Asked): Promise<SavedViews> => ({
  views: await readSavedViews(ctx.db),
});

/** A page of this dashboard: an address that leads elsewhere is none, however a browser would read it. */
const isPage = (href: string): boolean =>
  /^\/(?![/\\])[^\s\\\p{Cc}]*$/u.test(href) && !/^\/api(?:[/?#]|$)/.test(href);

/** The body of a view to save. */
export const savedViewInput = z
  .strictObject({
    name: z.string().trim().min(1, 'is empty').max(100, 'is longer than 100 characters'),
    href: z
      .string()
      .max(4_000, 'is longer than 4,000 characters')
      .refine(isPage, { error: 'is no page of this dashboard; it begins with /' }),
  })
  .meta({ id: 'SavedViewInput', description: 'A page’s address and a name for it.' });

/** Keeps a page under a name; one of the same name gives way. @throws {AppError} `bad-request`, `conflict` when full */
export async function saveView({ ctx, input }: Asked & { input: unknown }): Promise<SavedViews> {
  const parsed = savedViewInput.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError(
      'bad-request',
      `View: ${issue?.path.join('.') || 'the body'} ${issue?.message ?? 'is not understood'}.`,
    );
  }
  if (!(await writeSavedView(ctx.db, { ...parsed.data, savedAt: systemClock.now() })))
    throw new AppError('conflict', 'There are 100 saved views: remove one first.');
  return listViews({ ctx });
}

/** @throws {AppError} `not-found` */
export async function removeView({
  ctx,
  input: { name },
}: Asked & { input: { name: string } }): Promise<SavedViews> {
  if (!(await deleteSavedView(ctx.db, name)))
    throw new AppError('not-found', 'There is no saved view of that name.');
  return listViews({ ctx });
}
