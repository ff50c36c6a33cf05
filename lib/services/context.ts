import type { Db } from '../store/db.ts';
import type { Tx } from '../store/transaction.ts';

/** What every service verb is given. */
export interface ServiceContext {
  db: Db;
  /** The data's own clock, epoch ms: the sandbox's where it runs, else the wall's. */
  now(): Promise<number>;
}

/** What the parts of a view are given: one snapshot of the database, and one instant. */
export interface ViewContext {
  db: Tx;
  now(): Promise<number>;
}
