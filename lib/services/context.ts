import type { Db } from '../store/db.ts';

/** What every service verb is given. `now` is the data's own clock: the sandbox's where it runs, else the wall's. */
export interface ServiceContext {
  db: Db;
  now(): Promise<number>;
}
