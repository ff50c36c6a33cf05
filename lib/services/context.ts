/**
 * What every verb of the product gets. Verbs that answer lie in answers/, those that take in lie in intake/, those that
 * ask a key's cloud in keys/. Who calls them (routes, commands) parses the words before and words the answer after.
 */
import type { ServiceForm } from '../shared/service-facts.ts';
import type { Db } from '../store/connection/db.ts';
import type { Tx } from '../store/connection/transaction.ts';
import type { EventLog } from '../store/event-log/event-log.ts';

/** What every service verb is given. */
export interface ServiceContext {
  db: Db;
  /** The data's own clock, epoch ms: the sandbox's while it runs, otherwise wall time. */
  now(): Promise<number>;
  /** What this run was told of the service, instead of what the store holds. */
  service?: ServiceForm;
}

/** The same of a log in memory, for the answers that a log alone gives. */
export interface LogContext extends Omit<ServiceContext, 'db'> {
  db: EventLog;
}

/** What the parts of a view are given: one snapshot of the database or a log in memory, and one instant. */
export interface ViewContext {
  db: Tx;
  now(): Promise<number>;
  service?: ServiceForm;
}
