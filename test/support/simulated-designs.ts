/** Designs of envelope services, none of them ours, that logs are made up of. */
import { fleetOf } from './simulated-fleet.ts';
import { type Caller, type Context, dayMs, hourMs, type Log, minuteMs } from './simulated-log.ts';
import { drawnService, runService } from './simulated-service.ts';

const names = {
  tenant: ['tenant', 'org', 'customer_id', 'account', 'workspaceId', 'Team', 'aws-crypto-ec:ou'],
  key: ['dek', 'key_id', 'kid', 'data-key', 'edk', 'materialId', 'blob'],
  object: ['path', 'object', 'doc', 'file_id', 'messageId'],
  constant: ['purpose', 'app', 'stage', 'service', 'v'],
};

export type Design = (log: Log) => void;

/** An address of one's own, under a session's name. */
const callerOf = (log: Log, session: string | null): Caller => ({
  session,
  sourceIp: `10.9.${log.between(0, 255)}.${log.between(1, 254)}`,
});

/** How contexts of a scope and key are written: one of the two, or both, and constants. */
function contextsOf(log: Log, whole: boolean) {
  const [tenant, id, constant] = [
    log.pick(names.tenant),
    log.pick(names.key),
    log.pick(names.constant),
  ];
  const form = log.pick(whole ? (['both', 'both', 'key'] as const) : (['tenant'] as const));
  const salt = log.hex(6);
  const constants = log.chance(0.6) ? { [constant]: 'prod' } : {};
  return (scope: number, key: number): Context => ({
    ...constants,
    ...(form !== 'key' && { [tenant]: `t-${salt}${scope}` }),
    ...(form !== 'tenant' && {
      [id]: `${salt}${(scope * 7_919 + key * 104_729 + 13).toString(36)}`,
    }),
  });
}

const cachedKeys: Design = (log) =>
  runService(log, drawnService(log, { who: 'AROAHOSTS', contextOf: contextsOf(log, true) }));

/** One key a tenant for the whole time: its context names the tenant alone. */
const keyPerTenant: Design = (log) => {
  const lasting = { lifetimeMs: Number.POSITIVE_INFINITY, messagesMax: Number.POSITIVE_INFINITY };
  const contextOf = contextsOf(log, false);
  runService(log, drawnService(log, { who: 'AROATENANTS', contextOf, ...lasting }));
};

const smallCaches: Design = (log) => {
  const scopes = log.between(20, 60);
  const keep = { lifetimeMs: Number.POSITIVE_INFINITY, messagesMax: Number.POSITIVE_INFINITY };
  const service = drawnService(log, {
    who: 'AROASMALL',
    contextOf: contextsOf(log, true),
    scopes,
    ...keep,
    makes: null,
    hosts: log.between(1, 3),
    capacity: Math.floor(scopes * (0.6 + log.random() * 0.35)),
  });
  runService(log, service);
};

const branchKeys: Design = (log) =>
  runService(
    log,
    drawnService(log, {
      who: 'AROABRANCH',
      contextOf: (scope) => ({
        'aws-crypto-ec:tenant': `t${scope}`,
        'branch-key-id': `b-${scope * 31}`,
        type: 'branch:ACTIVE',
        tablename: 'keystore',
      }),
      lifetimeMs: Number.POSITIVE_INFINITY,
      messagesMax: Number.POSITIVE_INFINITY,
      makes: null,
    }),
  );

/** Slack's way: a key for each channel and hour. */
const channelHours: Design = (log) =>
  runService(
    log,
    drawnService(log, {
      who: 'AROACHANNEL',
      contextOf: (scope, key, madeAt) => ({
        channel: `C${scope}`,
        hour: new Date(madeAt).toISOString().slice(0, key < 0 ? 10 : 13),
        org: 'T1',
      }),
      ttlMs: log.pick([5, 10, 30, 60]) * minuteMs,
      lifetimeMs: hourMs,
      messagesMax: Number.POSITIVE_INFINITY,
      makes: 'GenerateDataKey',
    }),
  );

const perObjectKeys: Design = (log) => {
  const who = 'AROAOBJECTS';
  const name = log.pick(names.object);
  const objects = log.between(100, 800);
  const spanMs = log.pick([6, 20, 72]) * hourMs;
  const fleet = fleetOf(log, { count: 3, from: log.from, to: log.from + spanMs, restarts: 0 });
  const callerAt = (at: number) => log.pick(fleet).caller(at);
  for (let no = 0; no < objects; no++) {
    const context = { [name]: `o/${no}`, app: 'store' };
    const madeAt = log.from + log.random() * spanMs;
    log.add({
      at: madeAt,
      operation: 'GenerateDataKey',
      who,
      caller: callerAt(madeAt),
      context,
      truth: ['dek.first', 'dek.made', 'uncached'],
    });
    const reads = log.chance(0.4) ? log.between(1, 12) : 0;
    const apart = log.pick([5_000, 60_000, 20 * minuteMs]);
    let at = madeAt + log.wait(hourMs);
    for (let read = 0; read < reads; read++) {
      const truth = ['uncached', ...(read === 0 ? ['load.first'] : [])];
      log.add({ at, operation: 'Decrypt', who, caller: callerAt(at), context, truth });
      at += log.wait(apart);
    }
  }
};

/** Caching CMM: each host makes keys by age, many of them behind one context, and reads those of all. */
const cachingCmm: Design = (log) => {
  const who = 'AROACMM';
  const ageMs = log.pick([5, 10, 30, 60]) * minuteMs;
  const [tenants, count, hours] = [log.between(3, 12), log.between(2, 5), log.pick([12, 24])];
  const to = log.from + hours * hourMs;
  const fleet = fleetOf(log, { count, from: log.from, to, restarts: 0 });
  for (let tenant = 0; tenant < tenants; tenant++) {
    const context = { tenant: `t${tenant}`, stage: 'prod' };
    const made = fleet.map((): number | null => null);
    const held = fleet.map(() => new Map<string, number>());
    for (let at = log.from + log.wait(5 * minuteMs); at < to; at += log.wait(2 * minuteMs)) {
      const [writer, reader] = [log.between(0, count - 1), log.between(0, count - 1)];
      const last = made[writer] ?? null;
      if (last === null || at >= last + ageMs) {
        log.add({
          at,
          operation: 'GenerateDataKey',
          who,
          caller: fleet[writer]?.caller(at) ?? callerOf(log, 'h'),
          context,
          truth: last === null ? ['dek.first', 'dek.rotation'] : ['dek.rotation'],
        });
        made[writer] = at;
      }
      const key = JSON.stringify([writer, made[writer]]);
      const loadedAt = held[reader]?.get(key);
      if (loadedAt !== undefined && at < loadedAt + ageMs) continue;
      held[reader]?.set(key, at);
      log.add({
        at: at + 1000,
        operation: 'Decrypt',
        who,
        caller: fleet[reader]?.caller(at) ?? callerOf(log, 'h'),
        context,
        truth: [loadedAt === undefined ? 'load.first' : 'load.expired'],
      });
    }
  }
};

const probes: Design = (log) => {
  const who = 'AROAPROBES';
  const everyMs = log.pick([10, 30, 60, 120, 300]) * 1000;
  const context = log.chance(0.4) ? { check: 'health' } : null;
  const operations = log.pick([
    ['Encrypt', 'Decrypt'],
    ['GenerateDataKey', 'Decrypt'],
    ['Encrypt'],
  ]);
  for (let host = 0; host < log.between(1, 4); host++) {
    const shift = log.random() * everyMs;
    const caller = callerOf(log, `cp-${host}`);
    for (let at = log.from + shift; at < log.from + 6 * hourMs; at += everyMs)
      for (const operation of operations)
        log.add({ at: at + log.random() * 400, operation, who, caller, context, truth: ['probe'] });
  }
};

const noCache: Design = (log) => {
  const who = 'AROANOCACHE';
  const withContext = log.chance(0.7);
  const meanMs = log.pick([5, 15, 60]) * 1000;
  const callers = ['l-0', 'l-1', 'l-2'].map((session) => callerOf(log, session));
  for (let at = log.from, n = 0; n < 2_500; n++, at += log.wait(meanMs)) {
    const context = withContext ? { tenant: `t${log.between(0, 5)}`, v: '1' } : null;
    log.add({
      at,
      operation: log.chance(0.6) ? 'Decrypt' : 'GenerateDataKey',
      who,
      caller: log.pick(callers),
      context,
      truth: ['uncached', ...(withContext ? [] : ['dek.made'])],
    });
  }
};

const parallelKeys: Design = (log) => {
  const who = 'AROAPARALLEL';
  const caller = callerOf(log, 'lambda');
  for (let burst = 0; burst < log.between(4, 20); burst++) {
    const at = log.from + log.random() * 10 * hourMs;
    const count = log.between(8, 50);
    for (let no = 0; no < count; no++)
      log.add({
        at: at + log.random() * 1500,
        operation: 'GenerateDataKey',
        who,
        caller,
        context: { purpose: 'order' },
        truth: ['dek.parallel'],
      });
  }
};

const bucketKeys: Design = (log) => {
  const who = 'AROAREPORTS';
  const on = log.chance(0.5);
  const caller = callerOf(log, 'reports');
  for (let at = log.from; at < log.from + 6 * hourMs; at += log.wait(on ? 5 * minuteMs : 20_000)) {
    const object = on ? 'lake' : `lake/part-${log.between(0, 500)}`;
    log.add({
      at,
      operation: log.chance(0.8) ? 'Decrypt' : 'GenerateDataKey',
      who,
      caller,
      context: { 'aws:s3:arn': `arn:aws:s3:::${object}` },
      truth: ['service'],
      invokedBy: 's3.amazonaws.com',
    });
  }
};

const csfle: Design = (log) => {
  const caller = callerOf(log, null);
  for (let at = log.from; at < log.from + 10 * hourMs; at += log.wait(2 * minuteMs))
    log.add({
      at,
      operation: 'Decrypt',
      who: 'AIDACSFLE',
      caller,
      context: null,
      truth: [log.pick(['load.first', 'load.expired'])],
    });
};

/** Every night or every few hours a new process reads whatever is due, and ends. */
const scheduledJob: Design = (log) => {
  const everyMs = log.pick([hourMs, 6 * hourMs, dayMs]);
  const first = log.from + log.random() * everyMs;
  for (let run = 0; run < log.between(5, 12); run++) {
    const caller = callerOf(log, `job-${log.hex(8)}`);
    let at = first + run * everyMs + log.wait(15_000);
    for (let no = 0; no < log.between(30, 120); no++) {
      const truth = ['job', 'load.first', 'uncached'];
      const context = { dataset: 'all', part: `p${no}` };
      log.add({ at, operation: 'Decrypt', who: 'AROAJOB', caller, context, truth });
      at += log.wait(1_500);
    }
  }
};

export const person: Design = (log) => {
  const caller = callerOf(log, log.pick([null, 'ann@example.org']));
  for (let no = 0; no < log.between(3, 15); no++)
    log.add({
      at: log.from + log.random() * 8 * hourMs,
      operation: 'Decrypt',
      who: 'AIDAANN',
      caller,
      context: { 'aws:s3:arn': 'arn:aws:s3:::b/x' },
      truth: ['console'],
      byHand: true,
    });
};

export const designs: readonly (readonly [name: string, design: Design])[] = [
  ['cached keys', cachedKeys],
  ['a key for each tenant', keyPerTenant],
  ['small caches', smallCaches],
  ['branch keys', branchKeys],
  ['channel and hour', channelHours],
  ['per-object keys', perObjectKeys],
  ['caching CMM', cachingCmm],
  ['probes', probes],
  ['no cache', noCache],
  ['parallel data keys', parallelKeys],
  ['S3 bucket keys', bucketKeys],
  ['CSFLE', csfle],
  ['a scheduled job', scheduledJob],
];
