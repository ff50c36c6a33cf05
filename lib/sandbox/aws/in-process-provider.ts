import { type KekProvider, KmsFault, type KmsRequest } from '@keytide/crypto-core';
import { awsFaultKind } from '@keytide/crypto-core/providers/aws';
import { AwsFault } from './aws-fault.ts';
import type { AwsCloud } from './cloud.ts';
import type { Principal } from './principals.ts';

const userAgent = 'aws-sdk-js/3 (in process)';
/** The sandbox's KMS without a wire between: for virtual time, where a socket would cost real time. */
export function inProcessProvider(options: {
  cloud: AwsCloud;
  principal: Principal;
  sourceIp: string;
}): KekProvider {
  const { cloud, principal, sourceIp } = options;
  const about = ({ claim }: KmsRequest) =>
    ({ service: 'kms', sourceIp, userAgent: `${userAgent} ${claim}` }) as const;
  return {
    name: 'aws',
    wrap: async (plaintext, request) =>
      answered(() => {
        const input = { ...inputOf(request), Plaintext: plaintext };
        const { requestId, output } = cloud.call(principal, {
          ...about(request),
          operation: 'Encrypt',
          input,
        });
        return { bytes: output.CiphertextBlob, requestId };
      }),
    unwrap: async (wrapped, request) =>
      answered(() => {
        const input = { ...inputOf(request), CiphertextBlob: wrapped };
        const { requestId, output } = cloud.call(principal, {
          ...about(request),
          operation: 'Decrypt',
          input,
        });
        return { bytes: output.Plaintext, requestId };
      }),
  };
}

function inputOf({ keyUri, context }: KmsRequest) {
  const EncryptionContext = {
    'keytide:workspace': context.workspace,
    'keytide:dek': context.dekId,
  };
  return { KeyId: keyUri, EncryptionContext };
}

function answered<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof AwsFault)) throw error;
    const { code, message, httpStatus, requestId } = error;
    throw new KmsFault(awsFaultKind(code, message), code, {
      sent: true,
      requestId,
      httpStatus,
      cause: error,
    });
  }
}
