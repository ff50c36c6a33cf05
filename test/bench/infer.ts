import { inferScores } from '../support/infer-scores.ts';
import { rareRules } from '../support/planted-rules.ts';
import { cloudViews } from '../support/simulated-clouds.ts';
import { sized } from '../support/sized.ts';
import { type BenchOptions, printRow } from './bench-row.ts';

/** How right causes are that are inferred from the logs of simulated services of other designs. */
export async function benchInfer(options: BenchOptions): Promise<void> {
  const logs = sized({ ci: 300, long: 1_000 });
  // Seeds that no test uses.
  const seeds = Array.from({ length: logs }, (_, no) => 100_000 + no);
  const { scores } = inferScores(seeds);
  const row = (name: string, ours: number, unit: string) =>
    printRow({ name: `infer.${name}`, ours, peers: {}, unit }, options);
  row('accuracy', scores.accuracy, 'of the events spoken on');
  row('coverage', scores.coverage, 'of the events with a context');
  row('ece', scores.ece, 'expected calibration error');
  row('ttlError', scores.ttlError, 'middle relative error of TTLs found');
  row('ttls', scores.ttls.all, 'services that asked three times after a TTL');
  row('ttlsTold', scores.ttls.told, 'of them have a TTL told');
  row('ttlsRight', scores.ttls.right, 'of them within 5 %');
  row('ttlFound', scores.ttlFound, 'of the TTLs, within 5 %');
  row('ttlFoundWhereShown', scores.ttlFoundWhereShown, 'of the TTLs that their log shows');
  row('ttlRight', scores.ttlRight, 'of the TTLs told, within 5 %');
  row('certainlyWrong', scores.certainlyWrong / scores.logs, 'of the logs');
  row('wrongAtLessThanHalf', scores.wrongAtLessThanHalf, 'of what is wrong');
  for (const [rule, { right, wrong }] of rareRules(seeds.map((seed) => seed + 400_000)))
    row(`rule.${rule.replaceAll(' ', '-')}`, right / (right + wrong), 'of its answers, planted');
  for (const cloud of ['aws', 'gcp', 'azure'] as const) {
    const own = cloud === 'aws' ? scores : inferScores(seeds, cloudViews[cloud]).scores;
    row(`accuracy.${cloud}`, own.accuracy, 'of the events spoken on');
    row(`coverage.${cloud}`, own.coverage, 'of the events that such a log can tell of');
  }
}
