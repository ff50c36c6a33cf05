import { expect, test } from 'vitest';
import { judgePlanted, plantedWorkloads } from '../support/judge-planted.ts';
import { needSharedData } from '../support/shared-data.ts';
import { sized } from '../support/sized.ts';
import { requestsVariant } from '../support/workload-requests.ts';
import { readExpected } from '../support/workloads.ts';

const seeds = sized({ ci: [11], long: Array.from({ length: 16 }, (_, no) => 11 + no) });

test('the requests that bursts are planted in are as many as the recorded workloads make', async (context) => {
  const file = needSharedData(context, 'workloads/expected.json');
  const { traces } = await readExpected(file);
  for (const [trace, requests] of (await plantedWorkloads()) ?? []) {
    const policy = traces[trace]?.policies[requestsVariant];
    expect(requests).toHaveLength((policy?.kms_encrypt ?? -1) + (policy?.kms_decrypt ?? -1));
  }
});

test('bursts of five minutes in real traffic are found: nine in ten at twice its rate, 99 in 100 at four times', async (context) => {
  needSharedData(context, 'workloads');
  const workloads = await plantedWorkloads();
  if (workloads === null) throw new Error('the workloads are not whole');
  const judged = judgePlanted(workloads, { seeds, quietestRate: 20, causes: true });
  expect(judged.recall.get(2)).toBeGreaterThanOrEqual(0.9);
  expect(judged.recall.get(4)).toBeGreaterThanOrEqual(0.99);
  expect(judged.recall.get(8)).toBeGreaterThanOrEqual(0.99);
  expect(judged.falseAlarmsPerWeek).toBeLessThanOrEqual(1);
});
