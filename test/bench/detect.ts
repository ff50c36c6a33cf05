/**
 * `npm run bench -- detect`: the product's spike detector over bursts planted in recorded traffic, as the dashboard
 * gives it a key's requests; and over series of the Numenta Anomaly Benchmark.
 */

import { judgePlanted, plantedWorkloads, timesOf } from '../support/judge-planted.ts';
import { type BenchOptions, CannotRun, printMeasures, printRow } from './bench-row.ts';
import { benchNabScores } from './nab.ts';

/** Seeds on which no setting of the detector was chosen. */
const seeds = [101, 102, 103, 104];

export async function benchDetect(options: BenchOptions): Promise<void> {
  const workloads = await plantedWorkloads();
  if (workloads === null) throw new CannotRun('../shared/data/workloads is not here');
  const judged = judgePlanted(workloads, { seeds, quietestRate: 20, causes: true });
  const measures = (recall: ReadonlyMap<number, number>) =>
    Object.fromEntries(timesOf.map(({ times, name }) => [name, recall.get(times) ?? 0]));
  const unit = 'share';
  printMeasures(
    { name: 'detect.planted.recall', measures: measures(judged.recall), unit },
    options,
  );
  printRow(
    {
      name: 'detect.planted.falseAlarmsPerWeek',
      ours: judged.falseAlarmsPerWeek,
      peers: Object.fromEntries(judged.falseAlarmsByTrace),
      unit: 'a series and week',
    },
    options,
  );
  const sparse = judgePlanted(workloads, { seeds, quietestRate: 2, causes: true });
  printMeasures(
    { name: 'detect.planted.sparse', measures: measures(sparse.recall), unit },
    options,
  );
  // What a log alone has: no causes, all of a key's events in one series.
  const alone = judgePlanted(workloads, { seeds, quietestRate: 20, causes: false });
  printMeasures(
    { name: 'detect.planted.noCauses', measures: measures(alone.recall), unit },
    options,
  );
  await benchNabScores(options);
}
