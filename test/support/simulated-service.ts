/**
 * A service that keeps data keys in a cache on each host: written and read by scope, its keys replaced by age or
 * after so many messages. Every request it makes is added to the log with what it was made for.
 */
import { fleetOf, type Host } from './simulated-fleet.ts';
import { type Context, hourMs, type Log, minuteMs } from './simulated-log.ts';

export interface Service {
  who: string;
  /** The context of the nth key of a scope. */
  contextOf: (scope: number, key: number, madeAt: number) => Context;
  scopes: number;
  hosts: number;
  ttlMs: number;
  hours: number;
  /** Uses of one scope in an hour by all hosts together. */
  usesPerHour: number;
  /** Age at which a key is replaced; for ever where it is not. */
  lifetimeMs: number;
  /** Messages after which it is replaced. */
  messagesMax: number;
  makes: 'GenerateDataKey' | 'GenerateDataKeyWithoutPlaintext' | 'Encrypt' | null;
  /** Who made a key keeps it for reading too. */
  makerHolds: boolean;
  /** With empty caches at the log's beginning; else the log begins in mid-life. */
  began: boolean;
  capacity: number;
  restarts: number;
  /** Asks again so long before the lease ends, on use. */
  aheadMs: number;
  /** Nights and weekends are quiet. */
  diurnal: boolean;
  skewMs: number;
  /** When the cloud throttles, and when it denies. */
  throttled: { from: number; to: number } | null;
  denied: { from: number; to: number } | null;
}

interface Key {
  number: number;
  context: Context;
  madeAt: number;
  messages: number;
}

interface Cached {
  loadedAt: number;
  gone: 'evicted' | 'denied' | null;
  /** Its process has started anew since. */
  restarted: boolean;
}

interface Machine {
  host: Host;
  skew: number;
  cache: Map<Key, number>;
  ever: Map<Key, Cached>;
  restarts: number[];
}

const writeShare = 0.4;
/** A service with more requests is simulated for no more than this many. */
const eventsMax = 6_000;

export function runService(log: Log, service: Service): void {
  const { who, ttlMs, hours, scopes, restarts } = service;
  log.ttls.set(who, ttlMs - service.aheadMs);
  const warmMs = service.began ? 0 : Math.min(3 * ttlMs, 36 * hourMs) + hourMs;
  const from = log.from - warmMs;
  const to = log.from + hours * hourMs;
  const machines = fleetOf(log, { count: service.hosts, from, to, restarts }).map(
    (host): Machine => ({
      host,
      skew: (log.random() * 2 - 1) * service.skewMs,
      cache: new Map(),
      ever: new Map(),
      restarts: [...host.restarts],
    }),
  );
  const keys = Array.from({ length: scopes }, (): Key[] => []);
  const until = log.uses.length + eventsMax;
  for (const { at, scope } of accesses(log, service, { from, to })) {
    const alive = machines.filter(({ host }) => host.from <= at && at < host.to);
    if (alive.length === 0) continue;
    if (log.uses.length > until) return;
    const machine = log.pick(alive);
    while (machine.restarts[0] !== undefined && at >= machine.restarts[0]) {
      machine.restarts.shift();
      machine.cache.clear();
      for (const known of machine.ever.values()) known.restarted = true;
    }
    const own = keys[scope] ?? [];
    if (own.length === 0 || log.chance(writeShare))
      write(log, service, { machine, own, scope, at });
    else read(log, service, { machine, key: readKey(log, own), at });
  }
}

/** Instants of use in order, scope by scope more or less often. */
function accesses(
  log: Log,
  { scopes, usesPerHour, diurnal }: Service,
  { from, to }: { from: number; to: number },
): { at: number; scope: number }[] {
  const all: { at: number; scope: number }[] = [];
  for (let scope = 0; scope < scopes; scope++) {
    const meanMs = hourMs / (usesPerHour * (0.2 + 1.6 * log.random()));
    for (let at = from + log.wait(meanMs); at < to; at += log.wait(meanMs))
      if (!diurnal || log.chance(busy(at))) all.push({ at, scope });
  }
  return all.sort((a, b) => a.at - b.at);
}

function busy(at: number): number {
  const time = new Date(at);
  const weekend = time.getUTCDay() % 6 === 0;
  const hour = time.getUTCHours() + time.getUTCMinutes() / 60;
  return (weekend ? 0.2 : 1) * (0.55 - 0.45 * Math.cos(((hour - 2) / 12) * Math.PI));
}

/** Newer data is read more. */
const readKey = (log: Log, own: readonly Key[]): Key => {
  const back = Math.floor(log.wait(0.4));
  return own.at(-1 - (back % own.length)) ?? log.pick(own);
};

function write(
  log: Log,
  service: Service,
  given: { machine: Machine; own: Key[]; scope: number; at: number },
): void {
  const { machine, own, scope, at } = given;
  const current = own.at(-1);
  const due =
    current === undefined
      ? ['dek.first']
      : at - current.madeAt >= service.lifetimeMs
        ? ['dek.rotation']
        : current.messages >= service.messagesMax
          ? ['dek.limit', 'dek.rotation']
          : null;
  if (due === null || service.makes === null) {
    const key = current ?? newKey(service, { own, scope, at });
    key.messages++;
    read(log, service, { machine, key, at });
    return;
  }
  if (!asked(log, service, { machine, at, operation: service.makes, key: null })) return;
  const key = newKey(service, { own, scope, at });
  if (service.makerHolds) {
    machine.cache.set(key, at);
    machine.ever.set(key, { loadedAt: at, gone: null, restarted: false });
  }
  if (at >= log.from)
    log.add({
      at: at + machine.skew,
      operation: service.makes,
      who: service.who,
      caller: machine.host.caller(at),
      context: key.context,
      truth: due,
    });
}

function newKey(
  { contextOf }: Service,
  { own, scope, at }: { own: Key[]; scope: number; at: number },
): Key {
  const number = own.length;
  const key = { number, context: contextOf(scope, number, at), madeAt: at, messages: 1 };
  own.push(key);
  return key;
}

function read(
  log: Log,
  service: Service,
  { machine, key, at }: { machine: Machine; key: Key; at: number },
): void {
  const { cache, ever } = machine;
  const { ttlMs, aheadMs } = service;
  const loadedAt = cache.get(key);
  if (loadedAt !== undefined && at < loadedAt + ttlMs - aheadMs) {
    // Most recently used last.
    cache.delete(key);
    cache.set(key, loadedAt);
    return;
  }
  if (!asked(log, service, { machine, at, operation: 'Decrypt', key })) return;
  const before = ever.get(key);
  const truth = causesOf(before, { at, ttlMs, aheadMs });
  ever.set(key, { loadedAt: at, gone: null, restarted: false });
  cache.delete(key);
  cache.set(key, at);
  if (cache.size > service.capacity) {
    const [oldest] = cache.keys();
    if (oldest !== undefined) {
      cache.delete(oldest);
      const known = ever.get(oldest);
      if (known !== undefined) known.gone = 'evicted';
    }
  }
  if (at < log.from) return;
  log.add({
    at: at + machine.skew,
    operation: 'Decrypt',
    who: service.who,
    caller: machine.host.caller(at),
    context: key.context,
    truth,
  });
}

function causesOf(
  before: Cached | undefined,
  { at, ttlMs, aheadMs }: { at: number; ttlMs: number; aheadMs: number },
): string[] {
  if (before === undefined) return ['load.first'];
  const waited = at - before.loadedAt;
  if (before.restarted) {
    // Where the key was gone or its lease had ended by then, the restart made no difference to the log.
    const held = before.gone === null && waited < ttlMs - aheadMs;
    const alone = causesOf({ ...before, restarted: false }, { at, ttlMs, aheadMs });
    return held ? ['load.first'] : ['load.first', ...alone];
  }
  if (before.gone === 'denied') return ['load.after-denial'];
  if (before.gone === 'evicted' && waited < ttlMs - aheadMs) return ['load.evicted'];
  // Of a lease that is renewed on use before its end, the log shows the shorter one.
  if (waited < ttlMs) return ['refresh.ahead', 'load.expired'];
  if (waited < 2 * (ttlMs - aheadMs)) return ['load.expired'];
  return waited < 2 * ttlMs ? ['load.expired', 'load.reopened'] : ['load.reopened'];
}

/** Whether the cloud grants a request; what it refuses is in the log, tried again a few times. */
function asked(
  log: Log,
  service: Service,
  given: { machine: Machine; at: number; operation: string; key: Key | null },
): boolean {
  const { machine, at, operation, key } = given;
  const inside = (span: Service['denied']) => span !== null && at >= span.from && at < span.to;
  const denied = inside(service.denied);
  if (!denied && !(inside(service.throttled) && log.chance(0.6))) return true;
  if (denied) {
    machine.cache.clear();
    for (const known of machine.ever.values()) known.gone = 'denied';
  }
  const tries = denied ? 1 : log.between(1, 4);
  for (let no = 0; no < tries; no++)
    if (at >= log.from)
      log.add({
        at: at + machine.skew + no * 400,
        operation,
        who: service.who,
        caller: machine.host.caller(at),
        context: key?.context ?? null,
        errorCode: denied ? 'AccessDenied' : 'ThrottlingException',
        truth: denied ? ['denied'] : no === 0 ? ['throttled'] : ['throttled', 'retry'],
      });
  // Half of what is throttled succeeds when tried again.
  return !denied && log.chance(0.5);
}

/** Random realistic settings, and enough hours for several re-validations. */
export function drawnService(
  log: Log,
  given: Pick<Service, 'who' | 'contextOf'> & Partial<Service>,
): Service {
  const ttlMs =
    given.ttlMs ??
    log.pick([1, 2, 5, 7, 10, 15, 20, 30, 37, 45, 60, 60, 90, 120, 360, 1440]) * minuteMs;
  const hosts = given.hosts ?? log.pick([1, 2, 3, 4, 6, 10]);
  const scopes = given.scopes ?? log.pick([2, 5, 10, 20, 40]);
  const usesPerHour =
    given.usesPerHour ?? Math.min(120, (hosts * hourMs * log.pick([1, 3, 10, 30])) / ttlMs);
  const asks = (scopes * hosts) / (ttlMs / hourMs + hosts / usesPerHour);
  const least = Math.max(4, (log.pick([4, 8, 20]) * ttlMs) / hourMs);
  const hours = given.hours ?? Math.min(240, Math.max(least, Math.min(48, 4_000 / asks)));
  const lifetimeMs =
    given.lifetimeMs ??
    log.pick([hourMs, 6 * hourMs, 24 * hourMs, 24 * hourMs, Number.POSITIVE_INFINITY]);
  const window = (share: number) => {
    if (!log.chance(share)) return null;
    const from = log.from + log.random() * hours * hourMs;
    return { from, to: from + log.pick([5, 20, 60]) * minuteMs };
  };
  const makes =
    given.makes ??
    log.pick([
      'GenerateDataKey',
      'GenerateDataKey',
      'GenerateDataKeyWithoutPlaintext',
      'Encrypt',
      null,
    ]);
  return {
    scopes,
    hosts,
    ttlMs,
    hours,
    usesPerHour,
    lifetimeMs,
    messagesMax: log.chance(0.15) ? log.between(50, 400) : Number.POSITIVE_INFINITY,
    makes,
    makerHolds: makes !== 'GenerateDataKeyWithoutPlaintext' && log.chance(0.7),
    began: log.chance(0.5),
    capacity: Number.POSITIVE_INFINITY,
    restarts: log.pick([0, 0, 1, 2, 4]),
    aheadMs: log.chance(0.1) ? ttlMs * 0.1 : 0,
    diurnal: log.chance(0.4),
    skewMs: log.pick([0, 0, 2_000]),
    throttled: window(0.1),
    denied: window(0.08),
    ...given,
  };
}
