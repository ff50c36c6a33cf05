import type { Validation } from '@keytide/crypto-core';
import { isOfKey } from '../../domain/key-changes.ts';
import type { KeyChange } from '../../explain/drill/facts.ts';
import type { ValidatedKey } from '../../shared/access-view.ts';
import { readKeyChanges } from '../../store/views/keys/read-drill-log.ts';
import { changesOf } from '../answers/drill-facts.ts';
import { readService, serviceFacts } from '../answers/service-facts.ts';
import type { ServiceContext } from '../context.ts';
import { cloudKeyOf } from './key-door.ts';
import type { KeyEngines } from './key-engines.ts';

/** A verb that asks a key's cloud needs engines besides. */
export interface KeyContext extends ServiceContext {
  engines: KeyEngines;
}

const presetTtlMs = 3_600_000;
/** How long a change of a key may take to be in force, as the clouds say; a policy's on Google too. */
const propagationMsMax = { aws: 600_000, azure: 600_000, gcp: 3 * 3_600_000 } as const;

/** Whether a key can be used now, by a real wrap and unwrap. @throws {AppError} */
export async function validateKey({
  ctx,
  input,
}: {
  ctx: KeyContext;
  input: { key: string };
}): Promise<ValidatedKey> {
  const { key, engine, setNow } = await ctx.engines.get(input.key);
  const at = await ctx.now();
  setNow(at);
  const validation = await engine.validate('keytide-check');
  const { promise } = serviceFacts(await readService({ ctx }));
  const ttlMs = promise?.ttlMs ?? presetTtlMs;
  const changes = changesOf((await readKeyChanges(ctx.db, [key])).get(key) ?? [], key, []);
  const { provider } = cloudKeyOf(key);
  return validatedKey(validation, {
    ...{ key, at, ttlMs, changes, propagationMs: propagationMsMax[provider] },
  });
}

/** The engine's answer with what the log tells of it: since when, and until when cached data keys may be used. Pure. */
export function validatedKey(
  validation: Validation,
  about: {
    key: string;
    at: number;
    ttlMs: number;
    propagationMs: number;
    /** In order. */
    changes: readonly KeyChange[];
  },
): ValidatedKey {
  const { key, at, ttlMs, changes, propagationMs } = about;
  const told = { key, at, ttlMs };
  if (validation.ok)
    return {
      ...{ ...told, state: 'active', since: null, sinceFrom: null, inForceBy: null },
      ...{ missing: null, operation: null, reason: null },
    };
  const { since, missing, operation, reason, inForceBy: asked } = validation;
  const why = { missing, operation, reason };
  if (asked === undefined)
    return {
      ...{ ...told, ...why, state: validation.state, since, sinceFrom: 'asked', inForceBy: null },
    };
  const taken = takenBy(changes, missing)?.at;
  // A change after the first refusal did not cause it.
  const isTold = taken !== undefined && taken <= since;
  const inForceBy = Math.min(
    since + ttlMs,
    isTold ? taken + propagationMs + ttlMs : Number.POSITIVE_INFINITY,
  );
  return {
    ...{ ...told, ...why, inForceBy },
    state: at < inForceBy ? 'being-revoked' : 'revoked',
    since: isTold ? taken : since,
    sinceFrom: isTold ? 'log' : 'asked',
  };
}

/** The change that took what is missing: the last one of its kind, unless it gave. */
function takenBy(
  changes: readonly KeyChange[],
  missing: Extract<Validation, { ok: false }>['missing'],
): KeyChange | undefined {
  const ofKey = missing === 'key';
  const last = changes.findLast(
    (change) => change.effect !== 'none' && isOfKey(change) === ofKey && change.kind !== 'alias',
  );
  return last?.effect === 'gives' ? undefined : last;
}
