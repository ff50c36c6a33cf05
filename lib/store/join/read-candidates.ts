/**
 * What may join with what has come in, found by its ids and numbers. Each is looked up by index: an ORDER BY of
 * what is given sorts nothing, and keeps a planner without statistics from joining whole tables. No bound of time: it
 * would walk through all that lies within.
 */
import { idsOf, namesOf } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
import type { Column } from '../records/binary-values.ts';
import { columnArrays, unnested } from '../records/insert-rows.ts';
import {
  type AttemptCandidate,
  type AttemptRow,
  attemptCandidates,
  attemptColumns,
  type EventCandidate,
  type EventRow,
  eventCandidates,
  eventColumns,
  eventKey,
} from './candidates.ts';

export interface CallNumber {
  process: string;
  boot: string;
  seq: number;
}

const idColumns: Column<string>[] = [{ name: 'id', type: 'text', of: (id) => id }];

interface NumberIds {
  process: number;
  boot: number;
  seq: number;
}
const numberColumns: Column<NumberIds>[] = [
  { name: 'process', type: 'int', of: ({ process }) => process },
  { name: 'boot', type: 'int', of: ({ boot }) => boot },
  { name: 'seq', type: 'bigint', of: ({ seq }) => seq },
];
const byNumber = `${unnested(numberColumns)} AS n(process, boot, seq)`;

/** Numbers of calls as ids; what has none is nowhere in the store. */
export async function numberIds(tx: Tx, calls: readonly CallNumber[]): Promise<NumberIds[]> {
  const processes = await idsOf(
    tx,
    'process',
    calls.map(({ process }) => process),
  );
  const boots = await idsOf(
    tx,
    'boot',
    calls.map(({ boot }) => boot),
  );
  return calls.flatMap(({ seq, ...of }) => {
    const process = processes.get(of.process);
    const boot = boots.get(of.boot);
    return process === undefined || boot === undefined ? [] : [{ process, boot, seq }];
  });
}

const eventsBy = (found: string, given: string) => `SELECT ${eventColumns}
  FROM ${given} CROSS JOIN LATERAL (SELECT * FROM event WHERE event.role = 0 AND ${found}) e
  LEFT JOIN LATERAL (SELECT * FROM pair
    WHERE pair.key = e.key AND pair.event_key = e.key AND pair.event_at = e.at AND pair.event_id = e.id ORDER BY pair.key) p ON TRUE`;

/** Stored events of these requests or shared ids, or that claim one of these calls, each once. */
export async function readEventCandidates(
  tx: Tx,
  by: { requests: readonly string[]; shared: readonly string[]; calls: readonly CallNumber[] },
): Promise<EventCandidate[]> {
  const asked = new Asked();
  asked.byIds(by.requests, (given) =>
    eventsBy('event.request_id = n.id ORDER BY event.request_id', given),
  );
  asked.byIds(by.shared, (given) =>
    eventsBy('event.shared_event_id = n.id ORDER BY event.shared_event_id', given),
  );
  asked.byNumbers(await numberIds(tx, by.calls), (given) =>
    eventsBy(
      'event.claim_process = n.process AND event.claim_boot = n.boot AND event.claim_seq = n.seq ORDER BY event.claim_seq',
      given,
    ),
  );
  const found = await eventCandidates(tx, await asked.rows<EventRow>(tx));
  return [...new Map(found.map((event) => [eventKey(event), event])).values()];
}

const attemptsBy = (found: string, given: string) => `SELECT ${attemptColumns}
  FROM ${given} CROSS JOIN LATERAL (SELECT * FROM attempt WHERE ${found}) a
  LEFT JOIN LATERAL (SELECT * FROM pair WHERE pair.key = a.key AND pair.attempt_key = a.key AND pair.at = a.at AND pair.process = a.process
    AND pair.boot = a.boot AND pair.seq = a.seq AND pair.attempt = a.attempt ORDER BY pair.key) p ON TRUE`;

/** Attempts of these requests or of these calls; one that is both may come twice. */
export async function readAttemptCandidates(
  tx: Tx,
  by: { requests: readonly string[]; calls: readonly CallNumber[] },
): Promise<AttemptCandidate[]> {
  const asked = new Asked();
  asked.byIds(by.requests, (given) =>
    attemptsBy('attempt.request_id = n.id ORDER BY attempt.request_id', given),
  );
  asked.byNumbers(await numberIds(tx, by.calls), (given) =>
    attemptsBy(
      'attempt.process = n.process AND attempt.boot = n.boot AND attempt.seq = n.seq ORDER BY attempt.seq',
      given,
    ),
  );
  return attemptCandidates(tx, await asked.rows<AttemptRow>(tx));
}

/** Several questions of the same columns as one statement: each statement costs more than its rows. */
class Asked {
  readonly #parts: string[] = [];
  readonly #values: Buffer[] = [];

  byIds(ids: readonly string[], sql: (given: string) => string): void {
    if (ids.length > 0) this.#add(idColumns, ids, (given) => sql(`${given} AS n(id)`));
  }

  byNumbers(numbers: readonly NumberIds[], sql: (given: string) => string): void {
    if (numbers.length > 0)
      this.#add(numberColumns, numbers, (given) => sql(`${given} AS n(process, boot, seq)`));
  }

  async rows<Row>(tx: Tx): Promise<Row[]> {
    if (this.#parts.length === 0) return [];
    return tx.$queryRawUnsafe<Row[]>(this.#parts.join(' UNION ALL '), ...this.#values);
  }

  #add<Given>(
    columns: readonly Column<Given>[],
    rows: readonly Given[],
    sql: (given: string) => string,
  ): void {
    this.#parts.push(sql(unnested(columns, this.#values.length)));
    this.#values.push(...columnArrays(columns, rows));
  }
}

/** How many attempts each of these calls says it made. */
export async function readCallCandidates(
  tx: Tx,
  calls: readonly CallNumber[],
): Promise<(CallNumber & { attempts: number })[]> {
  const numbers = await numberIds(tx, calls);
  if (numbers.length === 0) return [];
  const rows = await tx.$queryRawUnsafe<(NumberIds & { attempts: number })[]>(
    `SELECT c.process, c.boot, c.seq::float8 AS seq, c.attempts FROM ${byNumber} CROSS JOIN LATERAL (SELECT * FROM call
       WHERE call.process = n.process AND call.boot = n.boot AND call.seq = n.seq ORDER BY call.seq) c`,
    ...columnArrays(numberColumns, numbers),
  );
  const processes = await namesOf(
    tx,
    'process',
    rows.map(({ process }) => process),
  );
  const boots = await namesOf(
    tx,
    'boot',
    rows.map(({ boot }) => boot),
  );
  return rows.map(({ process, boot, seq, attempts }) => ({
    process: processes.get(process) ?? '',
    boot: boots.get(boot) ?? '',
    seq,
    attempts,
  }));
}
