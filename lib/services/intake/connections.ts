import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { systemClock } from '../../domain/clock.ts';
import {
  deleteSource,
  pauseSource,
  readAuditSources,
  writeAuditSource,
} from '../../store/entities/audit-sources.ts';
import type { ServiceContext } from '../context.ts';
import type { Tried } from '../owner.ts';
import { parsePlace, sourceIdOf } from './log-place.ts';

type Asked = { ctx: Pick<ServiceContext, 'db'>; input: unknown };

/** Has a log read from now on, and a day back. @throws {AppError} `bad-request`, `conflict` */
export async function addConnection({ ctx: { db }, input }: Asked): Promise<{ id: string }> {
  const place = parsePlace(input);
  const id = sourceIdOf(place);
  const known = (await readAuditSources(db)).find((row) => row.id === id);
  if (known !== undefined && known.status !== 'stopped')
    throw new AppError('conflict', 'This log is connected already.');
  await writeAuditSource(db, {
    ...{ id, kind: place.kind, place, origin: 'page', status: 'waiting', message: null },
    ...{ cursorAt: null, polledAt: null, coveredUntil: null, updatedAt: systemClock.now() },
  });
  return { id };
}

const pausing = z.strictObject({ id: z.string().max(8_192), paused: z.boolean() });

/** @throws {AppError} `bad-request`, `not-found` */
export async function pauseConnection({ ctx, input }: Asked): Promise<{ id: string }> {
  const { data } = pausing.safeParse(input);
  if (data === undefined)
    throw new AppError('bad-request', 'Send {"id": SOURCE, "paused": true or false}.');
  if (!(await pauseSource(ctx.db, data.id, data.paused))) throw unknown();
  return { id: data.id };
}

const named = z.strictObject({ id: z.string().max(8_192) });

/** Has a log read no more; its events stay. @throws {AppError} `bad-request`, `conflict`, `not-found` */
export async function removeConnection({ ctx: { db }, input }: Asked): Promise<{ id: string }> {
  const { data } = named.safeParse(input);
  if (data === undefined) throw new AppError('bad-request', 'Send {"id": SOURCE}.');
  const row = (await readAuditSources(db)).find(({ id }) => id === data.id);
  if (row === undefined) throw unknown();
  if (row.origin !== 'page' && row.status !== 'stopped')
    throw new AppError(
      'conflict',
      row.origin === 'environment'
        ? 'The environment asks for this log: take its variable away and start again, or pause it.'
        : 'This one cannot be removed; it can be paused.',
    );
  await deleteSource(db, data.id);
  return { id: data.id };
}

/** What to test: `{"id": SOURCE}` for a source that is read, or a place. @throws {AppError} `bad-request` */
export function triedOf(input: unknown): Tried {
  const { data } = named.safeParse(input);
  return data ?? { place: parsePlace(input) };
}

const unknown = () => new AppError('not-found', 'There is no such source: it was removed.');
