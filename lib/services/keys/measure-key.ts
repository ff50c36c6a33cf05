/**
 * Measures on a real key how long its cloud takes to obey: the key is asked each second, while its owner takes it away
 * and gives it back. Keytide itself changes nothing: it has no right to. Only a key that was marked as a test key.
 */
import { AppError } from '../../domain/app-error.ts';
import type { MeasureTurn, MeasureView } from '../../shared/measure-view.ts';
import { readKeyChanges } from '../../store/views/keys/read-drill-log.ts';
import { changesOf } from '../answers/drill-facts.ts';
import type { MeasureOrder } from '../owner.ts';
import { repeat } from '../repeat.ts';
import { cloudKeyOf } from './key-door.ts';
import type { KeyEngine } from './key-engines.ts';
import type { KeyContext } from './validate-key.ts';

export interface MeasureContext extends KeyContext {
  /** Ids of keys that whoever started Keytide has marked. */
  testKeys: ReadonlySet<string>;
}

interface Measurement {
  startedAt: number;
  endedAt: number | null;
  asked: number;
  lastAt: number | null;
  turns: MeasureTurn[];
  end(): Promise<void>;
}

const everyMs = 1_000;
/** Then it ends by itself: 1,800 times two requests. */
const asksMax = 1_800;
const turnsMax = 100;
const keptMax = 32;

export class Measurements {
  readonly #byKey = new Map<string, Measurement>();

  /** @throws {AppError} `forbidden` where the key is no test key, `bad-request` where its id is not typed in */
  async obey(
    ctx: MeasureContext,
    input: { key: string; order: MeasureOrder },
  ): Promise<MeasureView> {
    const key = cloudKeyOf(input.key).id;
    const { order } = input;
    const asker = await ctx.engines.get(key);
    const isTestKey = asker.isSandbox || ctx.testKeys.has(key);
    if (order.kind === 'begin') {
      requireMeant({ key, confirm: order.confirm, isTestKey });
      await this.#begin(ctx, asker);
    }
    const measured = this.#byKey.get(key);
    if (order.kind === 'end' && measured !== undefined) await stop(ctx, measured);
    return viewOf(ctx, { key, isTestKey, measured });
  }

  async close(): Promise<void> {
    for (const { end } of this.#byKey.values()) await end();
  }

  async #begin(ctx: MeasureContext, asker: KeyEngine): Promise<void> {
    const { key } = asker;
    const before = this.#byKey.get(key);
    if (before?.endedAt === null)
      throw new AppError('conflict', 'This key is being measured: end that first.');
    const measured: Measurement = {
      ...{ startedAt: await ctx.now(), endedAt: null, asked: 0, lastAt: null, turns: [] },
      end: repeat(everyMs, async () => {
        await ask(ctx, asker, measured);
        if (measured.asked < asksMax) return;
        measured.endedAt = await ctx.now();
        // Waits for this run and no other.
        void measured.end();
      }),
    };
    this.#byKey.delete(key);
    this.#byKey.set(key, measured);
    const [oldest] = this.#byKey;
    if (this.#byKey.size <= keptMax || oldest === undefined) return;
    this.#byKey.delete(oldest[0]);
    await oldest[1].end();
  }
}

function requireMeant(meant: { key: string; confirm: string; isTestKey: boolean }): void {
  const { key, confirm, isTestKey } = meant;
  if (!isTestKey)
    throw new AppError(
      'forbidden',
      `${key} is not marked as a test key. Whoever starts Keytide marks one by KEYTIDE_TEST_KEYS, never a key of production.`,
    );
  if (confirm !== key)
    throw new AppError('bad-request', 'Type the whole id of the key to measure it.');
}

async function ask(ctx: KeyContext, asker: KeyEngine, measured: Measurement): Promise<void> {
  const at = await ctx.now();
  asker.setNow(at);
  const said = await asker.engine.validate('keytide-measure');
  const told = said.ok
    ? { answer: 'granted' as const, operation: null, reason: null }
    : {
        answer: said.state === 'unreachable' ? ('unanswered' as const) : ('refused' as const),
        operation: said.operation,
        reason: said.reason,
      };
  const { lastAt, turns } = measured;
  measured.asked += 1;
  measured.lastAt = at;
  if (turns.at(-1)?.answer === told.answer || turns.length >= turnsMax) return;
  // What was granted counts from its sending, what was refused from its answer: the turn lies between.
  turns.push({ at: await ctx.now(), after: lastAt, ...told });
}

async function stop(ctx: KeyContext, measured: Measurement): Promise<void> {
  measured.endedAt ??= await ctx.now();
  await measured.end();
}

async function viewOf(
  ctx: KeyContext,
  given: { key: string; isTestKey: boolean; measured: Measurement | undefined },
): Promise<MeasureView> {
  const { key, isTestKey, measured } = given;
  if (measured === undefined) return { key, isTestKey, measured: null };
  const { startedAt, endedAt, asked, lastAt, turns } = measured;
  const changes = changesOf((await readKeyChanges(ctx.db, [key])).get(key) ?? [], key, [])
    .filter(({ at, effect }) => at >= startedAt && effect !== 'none')
    .map(({ at, operation, effect }) => ({ at, operation, gives: effect === 'gives' }));
  return {
    ...{ key, isTestKey },
    measured: { startedAt, endedAt, asked, lastAt, turns: [...turns], changes },
  };
}
