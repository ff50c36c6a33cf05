import type { AnswerPool } from './answer-pool.ts';
import type { Question } from './verbs.ts';

const entriesMax = 256;
/** Answers tell how old the newest data is, which ages though nothing comes in. */
const ageMsMax = 5_000;

interface Entry {
  version: string;
  asked: number;
  json: Promise<string>;
}

/**
 * Asks the pool once for what several ask at a time, and once for as long as nothing is written. `version` tells states
 * of the database apart; `clockMs` is a clock of wall milliseconds.
 */
export function answerCache(of: {
  pool: Pick<AnswerPool, 'ask'>;
  version(): Promise<string>;
  clockMs(): number;
}): AnswerPool['ask'] {
  const { pool, version, clockMs } = of;
  const entries = new Map<string, Entry>();
  return async (question: Question, now) => {
    const current = await version();
    const asked = clockMs();
    const name = JSON.stringify(question);
    const known = entries.get(name);
    if (known?.version === current && asked - known.asked < ageMsMax) return known.json;
    const json = pool.ask(question, now);
    // The newest last: what has waited longest gives way.
    entries.delete(name);
    entries.set(name, { version: current, asked, json });
    const [oldest] = entries.keys();
    if (entries.size > entriesMax && oldest !== undefined) entries.delete(oldest);
    const forget = () => {
      if (entries.get(name)?.json === json) entries.delete(name);
    };
    json.catch(forget);
    return json;
  };
}
