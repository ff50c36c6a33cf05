/**
 * AWS KMS: Encrypt and Decrypt through `@aws-sdk/client-kms`, one attempt a call (the engine retries). The claim goes
 * into the user agent, where CloudTrail records it; the encryption context carries workspace and DEK id.
 */
import {
  DecryptCommand,
  EncryptCommand,
  KMSClient,
  type KMSClientConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-kms';
import { type KekProvider, KmsFault, type KmsFaultKind, type KmsRequest } from '../provider.ts';

const denials = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'DisabledException',
  'InvalidKeyUsageException',
  'KMSInvalidStateException',
  'NotFoundException',
]);
const wrongKeys = new Set(['IncorrectKeyException', 'InvalidCiphertextException']);
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'AbortError',
]);

/**
 * @param config the SDK's own client options (region, credentials, endpoint, requestHandler). `maxAttempts` is fixed at
 * 1 so that no attempt escapes the count.
 */
export function awsProvider(config: Omit<KMSClientConfig, 'maxAttempts'> = {}): KekProvider {
  const client = new KMSClient({ ...config, maxAttempts: 1 });
  return {
    name: 'aws',
    wrap: async (plaintext, request) => {
      const command = new EncryptCommand({ ...inputOf(request), Plaintext: plaintext });
      addClaim(command, request.claim);
      const answer = await client.send(command).catch((error: unknown) => {
        throw faultOf(error);
      });
      return answerOf(answer.CiphertextBlob, answer.$metadata.requestId);
    },
    unwrap: async (wrapped, request) => {
      const command = new DecryptCommand({ ...inputOf(request), CiphertextBlob: wrapped });
      addClaim(command, request.claim);
      const answer = await client.send(command).catch((error: unknown) => {
        throw faultOf(error);
      });
      return answerOf(answer.Plaintext, answer.$metadata.requestId);
    },
    close: () => client.destroy(),
  };
}

function inputOf({ keyUri, context }: KmsRequest) {
  const EncryptionContext = {
    'keytide:workspace': context.workspace,
    'keytide:dek': context.dekId,
  };
  return { KeyId: keyUri, EncryptionContext };
}

type Command = EncryptCommand | DecryptCommand;

function addClaim(command: Command, claim: string): void {
  // The stack's own type is that of all KMS commands; this middleware touches the HTTP request only.
  const stack = command.middlewareStack as unknown as import('@aws-sdk/types').MiddlewareStack<
    ServiceInputTypes,
    ServiceOutputTypes
  >;
  stack.add(
    (next) => (args) => {
      const request: unknown = args.request;
      if (hasHeaders(request)) {
        request.headers['user-agent'] = `${request.headers['user-agent'] ?? ''} ${claim}`.trim();
      }
      return next(args);
    },
    { step: 'finalizeRequest', name: 'keytideClaim', priority: 'low' },
  );
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}

function answerOf(bytes: Uint8Array | undefined, requestId: string | undefined) {
  if (bytes === undefined) throw new KmsFault('outage', 'EmptyAnswer', { sent: true, requestId });
  return { bytes, ...(requestId !== undefined && { requestId }) };
}

/** Sorts the SDK's errors into denied, wrong key and outage; what is not known is an outage. */
function faultOf(error: unknown): KmsFault {
  const { name, code, requestId, httpStatus } = described(error);
  const reason = code ?? name;
  // Without an HTTP answer, credentials or the network failed before the request left, or nobody knows if it arrived.
  const credentials = httpStatus === undefined && /Credential|Token/.test(name);
  const sent = httpStatus !== undefined || !(credentials || neverSent.has(reason));
  return new KmsFault(kindOf(name), reason, { sent, requestId, httpStatus, cause: error });
}

function kindOf(name: string): KmsFaultKind {
  if (denials.has(name)) return 'denied';
  return wrongKeys.has(name) ? 'wrong-key' : 'outage';
}

function described(error: unknown): {
  name: string;
  code: string | undefined;
  requestId: string | undefined;
  httpStatus: number | undefined;
} {
  if (!(error instanceof Error)) {
    return { name: 'Unknown', code: undefined, requestId: undefined, httpStatus: undefined };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const field = (name: string): unknown =>
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, name) : undefined;
  const requestId = field('requestId');
  const httpStatus = field('httpStatusCode');
  return {
    name: error.name,
    code,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    httpStatus: typeof httpStatus === 'number' ? httpStatus : undefined,
  };
}
