/** The hosts of a simulated service, and under what names they appear in the log. */
import { type Caller, hourMs, type Log, minuteMs } from './simulated-log.ts';

export interface Host {
  from: number;
  to: number;
  /** When it starts anew and has lost its caches. */
  restarts: number[];
  caller: (at: number) => Caller;
}

export type Naming =
  /** A session for each host, at an address of its own. */
  | 'instance'
  /** A session for each start, as a pod has. */
  | 'pod'
  /** Credentials renewed every hour under a new name. */
  | 'renewed'
  /** Every host under one session's name, at addresses of their own. */
  | 'one session'
  /** Hosts behind one address. */
  | 'one address'
  /** A user without sessions. */
  | 'user'
  /** Sessions that share a pool of addresses. */
  | 'address pool';

const namings: readonly Naming[] = [
  'instance',
  'instance',
  'pod',
  'pod',
  'renewed',
  'renewed',
  'one session',
  'one address',
  'user',
  'address pool',
];

/** Hosts that live from `from` to `to`, or come and go with the load. */
export function fleetOf(
  log: Log,
  given: { count: number; from: number; to: number; restarts: number },
): Host[] {
  const { count, from, to } = given;
  const naming = log.pick(namings);
  const prefix = log.pick(['i-0', 'api-', 'worker-7f9c-', 'botocore-session-', '']);
  const pool = [ip(log), ip(log), ip(log)];
  // Of all hosts at once, as a deploy does, or of each by itself.
  const deploys = log.chance(0.5) ? instants(log, given) : null;
  const scales = log.chance(0.2);
  const hosts = Array.from({ length: count }, (_, no): Host => {
    const life = scales && no > 0 ? lifeOf(log, given) : { from, to };
    const restarts = (deploys ?? instants(log, given))
      .map((at) => at + (deploys === null ? 0 : no * 30_000))
      .filter((at) => at > life.from && at < life.to);
    log.restarts.push(...restarts);
    return { ...life, restarts, caller: callerOf(log, { naming, prefix, pool, restarts }) };
  });
  return hosts;
}

const ip = (log: Log): string =>
  `10.${log.between(0, 200)}.${log.between(0, 255)}.${log.between(1, 254)}`;

const instants = (
  log: Log,
  { from, to, restarts }: { from: number; to: number; restarts: number },
): number[] =>
  Array.from({ length: restarts }, () => from + log.random() * (to - from)).sort((a, b) => a - b);

function lifeOf(log: Log, { from, to }: { from: number; to: number }) {
  const start = from + log.random() * (to - from) * 0.7;
  return { from: start, to: Math.min(to, start + (0.2 + log.random() * 0.8) * (to - from)) };
}

function callerOf(
  log: Log,
  given: { naming: Naming; prefix: string; pool: string[]; restarts: readonly number[] },
): (at: number) => Caller {
  const { naming, prefix, pool, restarts } = given;
  const address = ip(log);
  const name = prefix + log.hex(12);
  const named = new Map<number, string>();
  /** A name for each span, made up as it is first met. */
  const nameOf = (span: number) => {
    const known = named.get(span) ?? prefix + log.hex(12);
    named.set(span, known);
    return known;
  };
  const shift = log.random() * hourMs;
  const boot = (at: number) => restarts.filter((restart) => restart <= at).length;
  switch (naming) {
    case 'instance':
      return () => ({ session: name, sourceIp: address });
    case 'pod': {
      const addresses = [address, ...restarts.map(() => ip(log))];
      return (at) => ({
        session: nameOf(boot(at)),
        sourceIp: addresses[boot(at)] ?? address,
      });
    }
    case 'renewed':
      // What is in flight still goes out under the old name.
      return (at) => ({
        session: nameOf(Math.floor((at + shift + log.random() * minuteMs) / hourMs)),
        sourceIp: address,
      });
    case 'one session':
      return () => ({ session: 'app', sourceIp: address });
    case 'one address':
      return () => ({ session: name, sourceIp: pool[0] ?? address });
    case 'user':
      return () => ({ session: null, sourceIp: address });
    case 'address pool':
      return () => ({ session: name, sourceIp: log.pick(pool) });
  }
}
