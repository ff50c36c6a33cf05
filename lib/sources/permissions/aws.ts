/**
 * AWS tells by dry runs, which check policies and do nothing, and by calls that only read. CloudTrail has them as
 * `DryRunOperationException`; the user agent bears the claim of a check, so that they read as ours.
 */
import {
  CreateGrantCommand,
  DescribeKeyCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GetKeyPolicyCommand,
  KMSClient,
  type KMSClientConfig,
} from '@aws-sdk/client-kms';
import { type PermissionAsker, type Try, type TryFault, tryAll } from './permissions.ts';

/** What no call tells without doing it. */
const untold = ['kms:PutKeyPolicy', 'kms:DisableKey', 'kms:ScheduleKeyDeletion', 'kms:UpdateAlias'];

export function awsPermissions(
  config: KMSClientConfig,
  { keyId, claim }: { keyId: string; claim: () => string },
): PermissionAsker {
  const client = new KMSClient(config);
  client.middlewareStack.add(
    (next) => (args) => {
      const headers = headersOf(args.request);
      if (headers !== null) headers['user-agent'] = `${headers['user-agent'] ?? ''} ${claim()}`;
      return next(args);
    },
    { step: 'finalizeRequest', name: 'keytideClaim', priority: 'low' },
  );
  const [KeyId, DryRun] = [keyId, true];
  const tries: Try[] = [
    {
      permission: 'kms:GenerateDataKey',
      run: () => client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', DryRun })),
    },
    {
      permission: 'kms:GenerateDataKeyWithoutPlaintext',
      run: () =>
        client.send(
          new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: 'AES_256', DryRun }),
        ),
    },
    {
      permission: 'kms:CreateGrant',
      run: () =>
        client.send(
          new CreateGrantCommand({
            ...{ KeyId, DryRun, GranteePrincipal: granteeOf(keyId), Operations: ['Decrypt'] },
          }),
        ),
    },
    { permission: 'kms:DescribeKey', run: () => client.send(new DescribeKeyCommand({ KeyId })) },
    { permission: 'kms:GetKeyPolicy', run: () => client.send(new GetKeyPolicyCommand({ KeyId })) },
  ];
  return {
    ask: async () => {
      const told = await tryAll(tries, faultOf);
      return { ...told, untold: [...told.untold, ...untold] };
    },
    close: () => client.destroy(),
  };
}

/** A grant is only tried: to the key's own account. */
function granteeOf(keyArn: string): string {
  const [, partition = 'aws', , , account = ''] = keyArn.split(':');
  return `arn:${partition}:iam::${account}:root`;
}

function faultOf(error: unknown): TryFault {
  if (!(error instanceof Error)) return { told: 'nothing', identity: null };
  const { name, message } = error;
  const identity = /\bUser: (arn:\S+) is not authorized/.exec(message)?.[1] ?? null;
  if (name === 'DryRunOperationException') return { told: 'allowed', identity };
  return { told: /^AccessDenied/.test(name) ? 'refused' : 'nothing', identity };
}

function headersOf(request: unknown): Record<string, string> | null {
  const headers =
    typeof request === 'object' && request !== null && Reflect.get(request, 'headers');
  return typeof headers === 'object' && headers !== null ? headers : null;
}
