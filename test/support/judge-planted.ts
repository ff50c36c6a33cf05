/** The spike detector judged on planted traces: how many bursts it finds, and how often it calls what is none. */
import { detectSpikes } from '../../lib/explain/spikes/detect-spikes.ts';
import { readTrace } from '../../lib/sandbox/replay/read-trace.ts';
import { plantedTrace, traceDays } from './planted-traces.ts';
import { sharedData } from './shared-data.ts';
import { type WorkloadRequest, workloadRequests } from './workload-requests.ts';

/** The third recorded workload makes all its requests, 8, in one second: there is no traffic to plant anything in. */
const traces = ['ragpulse_14d', 'zulip_two_orgs'] as const;
const bursts = 36;

/** A burst's rate as a multiple of the local one. */
export const timesOf = [
  { times: 1.5, name: 'x1_5' },
  { times: 2, name: 'x2' },
  { times: 4, name: 'x4' },
  { times: 8, name: 'x8' },
] as const;

export type Workloads = ReadonlyMap<string, WorkloadRequest[]>;

/** Null where the sample data is absent. */
export async function plantedWorkloads(): Promise<Workloads | null> {
  const workloads = new Map<string, WorkloadRequest[]>();
  for (const trace of traces) {
    const path = sharedData(`workloads/${trace}.csv.gz`);
    if (path === undefined) return null;
    workloads.set(trace, workloadRequests(await readTrace(path)));
  }
  return workloads;
}

export interface Judgement {
  /** Share of the bursts found, by how many times the local rate they are. */
  recall: Map<number, number>;
  falseAlarmsPerWeek: number;
  falseAlarmsByTrace: Map<string, number>;
}

interface Interval {
  from: number;
  to: number;
}
const meet = (a: Interval, b: Interval): boolean => a.from < b.to && b.from < a.to;

/** A series for each workload, multiple and seed. @param causes false gives the detector the sums alone. */
export function judgePlanted(
  workloads: Workloads,
  {
    seeds,
    quietestRate,
    causes,
  }: { seeds: readonly number[]; quietestRate: number; causes: boolean },
): Judgement {
  const recall = new Map<number, number>();
  const alarms = new Map<string, number>();
  for (const { times } of timesOf) {
    let found = 0;
    for (const [name, requests] of workloads)
      for (const seed of seeds) {
        const trace = plantedTrace(requests, { quietestRate, times, bursts }, 1_000 * times + seed);
        const { counts, parts } = trace;
        const spikes = detectSpikes({ start: 0, counts, ...(causes && { parts }) });
        found += trace.bursts.filter((burst) => spikes.some((one) => meet(one, burst))).length;
        const wrong = spikes.filter((one) => !trace.bursts.some((burst) => meet(one, burst)));
        alarms.set(name, (alarms.get(name) ?? 0) + wrong.length);
      }
    recall.set(times, found / (bursts * seeds.length * workloads.size));
  }
  const weeks = (traceDays / 7) * seeds.length * timesOf.length;
  const byTrace = [...alarms].map(([name, n]) => [name, n / weeks] as const);
  return {
    recall,
    falseAlarmsPerWeek: byTrace.reduce((sum, [, n]) => sum + n, 0) / byTrace.length,
    falseAlarmsByTrace: new Map(byTrace),
  };
}
