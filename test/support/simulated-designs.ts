/** Designs of envelope services, none of them ours, that logs are made up of. */
import { type Context, hourMs, type Log, minuteMs } from './simulated-log.ts';

const firstLoad = ['load.first'];
const ttlChoices = [2, 5, 7, 10, 15, 20, 30, 37, 45, 60, 90, 120].map(
  (minutes) => minutes * minuteMs,
);
const names = {
  tenant: ['tenant', 'org', 'customer_id', 'account', 'workspaceId'],
  key: ['dek', 'key_id', 'kid', 'data-key', 'edk'],
  object: ['path', 'object', 'doc', 'file_id'],
};

/** Keys that each host caches for a TTL: asked again on the next use. */
function cachedKeys(
  log: Log,
  {
    who,
    contexts,
    hosts,
    ttlMs,
    hours,
    usesPerHour,
    began,
    capacity = Number.POSITIVE_INFINITY,
    restarts = 0,
    skewMs = 0,
  }: {
    who: string;
    contexts: readonly Context[];
    hosts: number;
    ttlMs: number;
    hours: number;
    usesPerHour: number;
    /** With empty caches at the log's beginning; else the log begins in mid-life. */
    began: boolean;
    capacity?: number;
    restarts?: number;
    skewMs?: number;
  },
): void {
  log.ttls.set(who, ttlMs);
  const warmMs = began ? 0 : 3 * ttlMs + hourMs;
  const until = log.from + hours * hourMs;
  for (let host = 0; host < hosts; host++) {
    const session = `${who}-${host}`;
    const skew = (log.random() * 2 - 1) * skewMs;
    const cache = new Map<number, number>();
    const everLoaded = new Map<number, { at: number; gone: 'lost' | 'evicted' | null }>();
    const boots = Array.from(
      { length: restarts },
      () => log.from + log.random() * hours * hourMs,
    ).sort((a, b) => a - b);
    const meanMs = hourMs / (usesPerHour * contexts.length);
    const weights = contexts.map(() => 0.2 + log.random());
    const total = weights.reduce((sum, one) => sum + one, 0);
    for (let at = log.from - warmMs + log.wait(meanMs); at < until; at += log.wait(meanMs)) {
      if (boots[0] !== undefined && at > boots[0]) {
        boots.shift();
        cache.clear();
        everLoaded.clear();
      }
      let left = log.random() * total - (weights[0] ?? 0);
      let number = 0;
      while (number < contexts.length - 1 && left > 0) {
        number++;
        left -= weights[number] ?? 0;
      }
      const loadedAt = cache.get(number);
      if (loadedAt !== undefined && at < loadedAt + ttlMs) {
        // Most recently used last.
        cache.delete(number);
        cache.set(number, loadedAt);
        continue;
      }
      const before = everLoaded.get(number);
      const evicted = before?.gone === 'evicted' && at < before.at + ttlMs;
      const cause =
        before === undefined
          ? 'load.first'
          : evicted
            ? 'load.evicted'
            : at - before.at < 2 * ttlMs
              ? 'load.expired'
              : 'load.reopened';
      everLoaded.set(number, { at, gone: null });
      cache.delete(number);
      cache.set(number, at);
      if (cache.size > capacity) {
        const [oldest] = cache.keys();
        if (oldest !== undefined) {
          cache.delete(oldest);
          const known = everLoaded.get(oldest);
          if (known !== undefined) known.gone = 'evicted';
        }
      }
      if (at >= log.from)
        log.add({
          at: at + skew,
          operation: 'Decrypt',
          who,
          session,
          context: contexts[number] ?? null,
          truth: [cause],
        });
    }
  }
}

export type Design = (log: Log) => void;

const tenantsOf = (log: Log, count: number): Context[] => {
  const [tenant, dek] = [log.pick(names.tenant), log.pick(names.key)];
  const withKey = log.random() < 0.5;
  return Array.from({ length: count }, (_, no) => ({
    [tenant]: `t-${no}`,
    purpose: 'body',
    ...(withKey && { [dek]: `k${(no * 7919 + 13) % 1_000_003}` }),
  }));
};

const perHostCaches: Design = (log) =>
  cachedKeys(log, {
    who: 'AROAHOSTS',
    contexts: tenantsOf(log, log.between(5, 60)),
    hosts: log.between(1, 8),
    ttlMs: log.pick(ttlChoices),
    hours: log.between(6, 30),
    usesPerHour: log.pick([4, 20, 60]),
    began: log.random() < 0.5,
    restarts: log.between(0, 2),
  });

const smallCaches: Design = (log) => {
  const contexts = tenantsOf(log, log.between(30, 80));
  cachedKeys(log, {
    who: 'AROASMALL',
    contexts,
    hosts: log.between(1, 3),
    ttlMs: log.pick(ttlChoices),
    hours: 24,
    usesPerHour: log.pick([6, 20]),
    began: true,
    capacity: Math.floor(contexts.length * (0.5 + log.random() * 0.4)),
  });
};

const branchKeys: Design = (log) =>
  cachedKeys(log, {
    who: 'AROABRANCH',
    contexts: Array.from({ length: log.between(3, 25) }, (_, no) => ({
      'aws-crypto-ec:tenant': `t${no}`,
      'branch-key-id': `b-${no * 31}`,
      type: 'branch:ACTIVE',
      tablename: 'keystore',
    })),
    hosts: log.between(2, 6),
    ttlMs: log.pick(ttlChoices),
    hours: log.between(8, 24),
    usesPerHour: log.pick([10, 40]),
    began: log.random() < 0.5,
    skewMs: 2_000,
  });

/** Slack's way: a key for each channel and hour. */
const channelHours: Design = (log) => {
  const who = 'AROACHANNEL';
  const ttlMs = log.pick([5, 10, 30, 60]) * minuteMs;
  const hours = log.between(8, 24);
  const channels = log.between(3, 15);
  const hosts = log.between(1, 4);
  log.ttls.set(who, ttlMs);
  for (let hour = 0; hour < hours; hour++)
    for (let channel = 0; channel < channels; channel++) {
      const context = {
        channel: `C${channel}`,
        hour: new Date(log.from + hour * hourMs).toISOString().slice(0, 13),
        org: 'T1',
      };
      const madeAt = log.from + hour * hourMs + log.wait(10 * minuteMs);
      const maker = log.between(0, hosts - 1);
      log.add({
        at: madeAt,
        operation: 'GenerateDataKey',
        who,
        session: `h${maker}`,
        context,
        truth: hour === 0 ? ['dek.first'] : ['dek.rotation'],
      });
      for (let host = 0; host < hosts; host++) {
        let last: number | null = host === maker ? madeAt : null;
        const readUntil = madeAt + log.wait(4 * hourMs);
        for (
          let at = madeAt + log.wait(20 * minuteMs);
          at < readUntil;
          at += log.wait(15 * minuteMs)
        ) {
          if (last !== null && at < last + ttlMs) continue;
          const cause =
            last === null ? 'load.first' : at - last < 2 * ttlMs ? 'load.expired' : 'load.reopened';
          log.add({ at, operation: 'Decrypt', who, session: `h${host}`, context, truth: [cause] });
          last = at;
        }
      }
    }
};

const perObjectKeys: Design = (log) => {
  const who = 'AROAOBJECTS';
  const name = log.pick(names.object);
  const objects = log.between(100, 400);
  for (let no = 0; no < objects; no++) {
    const context = { [name]: `o/${no}`, app: 'store' };
    const madeAt = log.from + log.random() * 20 * hourMs;
    const sessions = ['w-0', 'w-1', 'w-2'];
    log.add({
      at: madeAt,
      operation: 'GenerateDataKey',
      who,
      session: log.pick(sessions),
      context,
      truth: ['dek.first', 'dek.made', 'uncached'],
    });
    const reads = log.random() < 0.4 ? log.between(1, 12) : 0;
    let at = madeAt + log.wait(hourMs);
    for (let read = 0; read < reads; read++) {
      log.add({
        at,
        operation: 'Decrypt',
        who,
        session: log.pick(sessions),
        context,
        truth: ['uncached', ...(read === 0 ? firstLoad : [])],
      });
      at += log.wait(log.pick([20_000, 20 * minuteMs]));
    }
  }
};

/** Caching CMM: keys by tenant and host, many of them behind one context. */
const cachingCmm: Design = (log) => {
  const who = 'AROACMM';
  const ageMs = log.pick([5, 10, 30, 60]) * minuteMs;
  const tenants = log.between(3, 12);
  const hosts = log.between(2, 5);
  for (let tenant = 0; tenant < tenants; tenant++) {
    const context = { tenant: `t${tenant}`, stage: 'prod' };
    for (let host = 0; host < hosts; host++) {
      let made: number | null = null;
      for (
        let at = log.from + log.wait(5 * minuteMs);
        at < log.from + 12 * hourMs;
        at += log.wait(3 * minuteMs)
      ) {
        if (made === null || at >= made + ageMs) {
          log.add({
            at,
            operation: 'GenerateDataKey',
            who,
            session: `h${host}`,
            context,
            truth: made === null ? ['dek.first', 'dek.rotation'] : ['dek.rotation'],
          });
          made = at;
        }
        // Messages under keys of all hosts are read: which key an event is of, nothing tells.
        if (log.random() < 0.5)
          log.add({
            at: at + 1000,
            operation: 'Decrypt',
            who,
            session: `h${host}`,
            context,
            truth: [log.pick(['load.first', 'load.expired'])],
          });
      }
    }
  }
};

const probes: Design = (log) => {
  log.hasContext = false;
  const who = 'AROAPROBES';
  const everyMs = log.pick([10, 30, 60, 120, 300]) * 1000;
  const context = log.random() < 0.3 ? { check: 'health' } : null;
  for (let host = 0; host < log.between(1, 4); host++) {
    const shift = log.random() * everyMs;
    for (let at = log.from + shift; at < log.from + 6 * hourMs; at += everyMs)
      for (const operation of ['Encrypt', 'Decrypt'])
        log.add({
          at: at + log.random() * 400,
          operation,
          who,
          session: `cp-${host}`,
          context,
          truth: ['probe'],
        });
  }
};

const noCache: Design = (log) => {
  const who = 'AROANOCACHE';
  const withContext = log.random() < 0.7;
  log.hasContext = withContext;
  for (let at = log.from; at < log.from + 8 * hourMs; at += log.wait(15_000)) {
    const context = withContext ? { tenant: `t${log.between(0, 5)}`, v: '1' } : null;
    const operation = log.random() < 0.6 ? 'Decrypt' : 'GenerateDataKey';
    log.add({
      at,
      operation,
      who,
      session: `l-${log.between(0, 2)}`,
      context,
      truth: ['uncached', ...(withContext ? [] : ['dek.made'])],
    });
  }
};

const parallelKeys: Design = (log) => {
  const who = 'AROAPARALLEL';
  for (let burst = 0; burst < log.between(4, 20); burst++) {
    const at = log.from + log.random() * 10 * hourMs;
    const context = { purpose: 'order' };
    const count = log.between(8, 50);
    for (let no = 0; no < count; no++)
      log.add({
        at: at + log.random() * 1500,
        operation: 'GenerateDataKey',
        who,
        session: 'lambda',
        context,
        truth: ['dek.parallel'],
      });
  }
};

const bucketKeys: Design = (log) => {
  const who = 'AROAREPORTS';
  const on = log.random() < 0.5;
  for (let at = log.from; at < log.from + 6 * hourMs; at += log.wait(on ? 5 * minuteMs : 20_000)) {
    const object = on ? 'lake' : `lake/part-${log.between(0, 500)}`;
    log.add({
      at,
      operation: log.random() < 0.8 ? 'Decrypt' : 'GenerateDataKey',
      who,
      session: 'reports',
      context: { 'aws:s3:arn': `arn:aws:s3:::${object}` },
      truth: ['service'],
      invokedBy: 's3.amazonaws.com',
    });
  }
};

const csfle: Design = (log) => {
  log.hasContext = false;
  for (let at = log.from; at < log.from + 10 * hourMs; at += log.wait(2 * minuteMs))
    log.add({
      at,
      operation: 'Decrypt',
      who: 'AIDACSFLE',
      session: 'AIDACSFLE',
      context: null,
      truth: [log.pick(['load.first', 'load.expired'])],
    });
};

export const person: Design = (log) => {
  for (let no = 0; no < log.between(3, 15); no++)
    log.add({
      at: log.from + log.random() * 8 * hourMs,
      operation: 'Decrypt',
      who: 'AIDAANN',
      session: 'AIDAANN',
      context: { 'aws:s3:arn': 'arn:aws:s3:::b/x' },
      truth: ['console'],
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    });
};

export const designs: readonly (readonly [name: string, design: Design])[] = [
  ['per-host caches', perHostCaches],
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
];
