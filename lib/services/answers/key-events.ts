import type { TimeWindow } from '../../shared/time-window.ts';
import { wholeMinutes } from '../../shared/window-param.ts';
import { readKeyEvents } from '../../store/views/ledger/read-key-events.ts';
import type { LogContext, ServiceContext } from '../context.ts';
import { oneSnapshot } from './one-snapshot.ts';

/** Under which keys the log's events lie, most first. */
export const keyEvents = ({
  ctx,
  input: { window },
}: {
  ctx: ServiceContext | LogContext;
  input: { window: TimeWindow };
}) => oneSnapshot(ctx, ({ db }) => readKeyEvents(db, wholeMinutes(window)));
