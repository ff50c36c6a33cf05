import { type JoinEvent, joinEvents } from '../../correlate/join.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { systemClock } from '../../domain/clock.ts';
import { Distinct } from '../../store/event-log/distinct.ts';
import { EventLog } from '../../store/event-log/event-log.ts';
import type { LogContext } from '../context.ts';
import { type ImportInput, type ImportReport, takeFiles } from './import-files.ts';

/** Reads a log of files into memory. It is explained as it would be once `importFiles` had taken it in. */
export async function readLog({
  input,
}: {
  input: ImportInput;
}): Promise<{ ctx: LogContext; report: ImportReport }> {
  const log = new EventLog();
  const names = new Distinct<string>();
  // Copies and repeated claims are known only once all events are there.
  const open: (JoinEvent & { no: number })[] = [];
  const { report } = await takeFiles(input, async (records) => {
    const { now = [], later = [] } = Object.groupBy(records, ({ claim, sharedEventId }) =>
      claim === null && sharedEventId === null ? 'now' : 'later',
    );
    for (const { event, state } of judged(
      now.map((record) => ({ ...toJoin(record, names), record })),
    ))
      log.add(event.record, state);
    for (const record of later)
      open.push({ ...toJoin(record, names), no: log.add(record, 'unmatched') });
    return { added: records.length, old: [], rejected: [] };
  });
  for (const { event, state } of judged(open)) log.settle(event.no, state);
  return { ctx: { db: log, now: async () => systemClock.now() }, report };
}

/** As the join judges events that no telemetry is there for. */
const judged = <E extends JoinEvent>(events: readonly E[]) =>
  joinEvents({ attempts: [], calls: [], events });

/** What the join asks of an event, without what only telemetry is joined by, nor what its texts were cut from. */
function toJoin(record: AuditRecord, names: Distinct<string>): JoinEvent {
  const { eventId, at, action, key, recipientAccount, sharedEventId, claim, facts } = record;
  const once = (name: string) => names.get(names.of(name, () => name));
  return {
    ...{ eventId, at, action, sharedEventId, requestId: null },
    key: key && once(key),
    recipientAccount: recipientAccount && once(recipientAccount),
    claim: claim && {
      process: once(claim.process),
      boot: once(claim.boot),
      seq: claim.seq,
      attempt: claim.attempt,
    },
    claimIn: facts.claimIn,
  };
}
