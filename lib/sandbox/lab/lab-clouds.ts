import type { LabConfig } from '../../shared/lab/lab-view.ts';
import { AwsLab } from './aws-lab.ts';
import { AzureLab } from './azure-lab.ts';
import { GcpLab } from './gcp-lab.ts';
import type { LabCloud } from './lab-cloud.ts';
import type { LabTime } from './lab-time.ts';

/** A throttled KMS turns every other request away, always the same ones. */
export function openLabCloud({ cloud, processes }: LabConfig, clock: LabTime): LabCloud {
  let turn = 0;
  const draw = () => {
    turn += 1;
    return turn % 2 === 1 ? 0 : 0.999;
  };
  const options = { clock, processes, draw };
  if (cloud === 'aws') return new AwsLab(options);
  return cloud === 'gcp' ? new GcpLab(options) : new AzureLab(options);
}
