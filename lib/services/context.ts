import type { Db } from '../store/db.ts';

/** What every service verb is given. */
export interface ServiceContext {
  db: Db;
  /** The data's own clock, epoch ms: the sandbox's where it runs, else the wall's. */
  now(): Promise<number>;
}
