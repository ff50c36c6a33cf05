/** From rows, of the store or of anywhere else, to what a drill is told. Pure. */
import { changeOf } from '../../domain/key-changes.ts';
import { actionOf, type KmsAction } from '../../domain/kms-operations.ts';
import {
  type DrillFacts,
  type KeyChange,
  type KmsAnswer,
  kmsRefusal,
} from '../../explain/drill/facts.ts';
import type { ChangeRow, UseRow } from '../../store/views/keys/read-drill-log.ts';
import type { DrillBootRow, LoneAttemptRow } from '../../store/views/keys/read-drill-telemetry.ts';

/** All in order of time. Instants are epoch ms. */
export interface DrillRows {
  promisedTtlMs: number | null;
  /** What the log covers; null where there is none. */
  log: { from: number; to: number } | null;
  changes: readonly ChangeRow[];
  uses: readonly UseRow[];
  /** Attempts that no event is joined with. */
  lone: readonly LoneAttemptRow[];
  boots: readonly DrillBootRow[];
  hits: DrillFacts['hits'];
  leases: DrillFacts['leases'];
  logOff: readonly number[];
}

export function drillFacts(key: string, rows: DrillRows): DrillFacts {
  const { promisedTtlMs, log, changes, uses, lone, boots, hits, leases, logOff } = rows;
  const callers = [...new Set(uses.map(({ principalName }) => principalName))];
  return {
    ...{ key, promisedTtlMs, log, hits, leases, logOff },
    changes: changesOf(changes, key, callers),
    answers: answersOf(uses, lone),
    boots: boots.map(({ gaps, ...boot }) => ({ ...boot, gaps: gaps ?? [] })),
    unlogged: lone.flatMap(({ at, outcome }) =>
      outcome === 'ok' && log !== null && at >= log.from && at <= log.to ? [at] : [],
    ),
    refusalsAbsent: uses.some(({ isForeign }) => isForeign),
  };
}

/** What rows change of this key: its own, of its aliases, and of who may use it as far as that concerns it. */
export function changesOf(
  rows: readonly ChangeRow[],
  key: string,
  callers: readonly string[],
): KeyChange[] {
  return rows.flatMap((row) => {
    const nature = changeOf(row);
    if (nature === null || !concerns(row, { key, callers })) return [];
    const { eventId, at, resolutionMs, operation, by } = row;
    // An alias that is pointed to this key gives; one that is pointed elsewhere takes.
    const effect =
      row.action === 'alias' && operation !== 'DeleteAlias'
        ? row.key === key
          ? 'gives'
          : 'takes'
        : nature.effect;
    return [{ eventId, at, resolutionMs, operation, by, kind: nature.kind, effect }];
  });
}

function concerns(
  { key: of, action, provider, ids }: ChangeRow,
  { key, callers }: { key: string; callers: readonly string[] },
): boolean {
  if (of !== null) return true;
  const idOf = (name: string) => ids.find(([one]) => one === name)?.[1] ?? null;
  // An identity's right above a project or a vault may be one to use the key.
  const isAbove = action === 'identity';
  if (provider === 'gcp') {
    if (!/^gcp-kms:/.test(key)) return false;
    const [ring, project] = [idOf('ring'), idOf('project')];
    if (ring !== null) return key.startsWith(`gcp-kms:${ring}/`);
    return isAbove && (project === null || key.startsWith(`gcp-kms:projects/${project}/`));
  }
  if (provider === 'azure') {
    if (!/^azure-kv:/.test(key)) return false;
    const vault = idOf('vault');
    return vault === null ? isAbove : key.startsWith(`azure-kv:https://${vault}.`);
  }
  if (action !== 'identity' || !key.startsWith('arn:')) return false;
  const named = idOf('role') ?? idOf('user');
  const known = callers.filter((name) => name.startsWith('arn:'));
  // Of a policy, or where the log names callers by their ids alone, it may be anybody's.
  if (named === null || known.length < callers.length || known.length === 0) return true;
  return known.some((arn) => arn.split('/').includes(named));
}

/** The ARNs of aliases that once pointed to the key: telemetry names a key as it was registered. */
export function aliasArns(rows: readonly ChangeRow[], key: string): string[] {
  const prefix = key.split(':').slice(0, 5).join(':');
  const names = rows.flatMap(({ action, ids, key: of }) =>
    action === 'alias' && of === key ? ids.flatMap(([n, v]) => (n === 'alias' ? [v] : [])) : [],
  );
  return [...new Set(names)].map((name) => `${prefix}:${name}`);
}

const operationIn = (action: KmsAction): KmsAnswer['operation'] =>
  action === 'encrypt' || action === 'data-key' ? 'encrypt' : 'decrypt';

/** The log's answers, and those of attempts that it lacks, in order of time. */
function answersOf(uses: readonly UseRow[], lone: readonly LoneAttemptRow[]): KmsAnswer[] {
  const logged = uses.flatMap((use): KmsAnswer[] => {
    const refusal = use.errorCode === null ? null : kmsRefusal(use.errorCode);
    if (use.errorCode !== null && refusal === null) return [];
    const { at, resolutionMs, process, principal, session } = use;
    const caller = { process, principal, session };
    return [{ at, resolutionMs, operation: operationIn(use.action), refusal, caller }];
  });
  const told = lone.map(({ at, process, operation, outcome, errorCode }): KmsAnswer => {
    const refusal =
      outcome === 'ok'
        ? null
        : outcome === 'wrong-key'
          ? 'wrong-key'
          : (kmsRefusal(errorCode ?? '') ?? 'permission');
    const caller = { process, principal: null, session: null };
    return { at, resolutionMs: 1, operation: operationIn(actionOf(operation)), refusal, caller };
  });
  return [...logged, ...told].sort((a, b) => a.at - b.at);
}
