import { type Env, parseEnv } from '../env.ts';
import { WrongUse } from './options.ts';

/** The environment. @throws {WrongUse} naming every fault. */
export function cliEnv(): Env {
  try {
    return parseEnv(process.env);
  } catch (error) {
    throw new WrongUse(
      error instanceof Error ? error.message : 'the environment is not understood',
    );
  }
}
