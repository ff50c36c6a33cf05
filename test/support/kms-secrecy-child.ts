/** Wraps and unwraps the DEK of its first argument in every cloud, where the environment asks the SDKs for logs. */
import { awsRig } from './kms-rigs/aws.ts';
import { azureRig } from './kms-rigs/azure.ts';
import { gcpRig } from './kms-rigs/gcp.ts';
import { requestFor } from './kms-rigs/rig.ts';

const dek = Buffer.from(process.argv[2] ?? '', 'hex');
const rigs = [
  await awsRig(),
  await gcpRig('grpc'),
  await gcpRig('rest'),
  await azureRig('vault'),
  await azureRig('managed-hsm'),
];
let opened = 0;
for (const rig of rigs) {
  const request = requestFor(rig.keyUri);
  const { bytes } = await rig.provider.wrap(Buffer.from(dek), request);
  const { bytes: again } = await rig.provider.unwrap(bytes, request);
  if (Buffer.compare(again, dek) === 0) opened += 1;
  rig.fail();
  await rig.provider
    .wrap(Buffer.from(dek), request)
    .catch((error: unknown) => console.error(error));
  await rig.close();
}
console.error(`opened ${opened}`);
process.exit(0);
