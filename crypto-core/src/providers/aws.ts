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
const neverSent =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL|EHOSTUNREACH|ENETUNREACH|AbortError|ERR_TLS_.*|CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*)$/;

/** The SDK's own default is to wait for ever, and all who need the DEK with it. */
const timeouts = { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true };

/** How far a request came. */
interface Trip {
  /** Credentials were had and the request was signed with them. */
  signed: boolean;
}

/**
 * @param config the SDK's own client options (region, credentials, endpoint, requestHandler). `maxAttempts` is fixed at
 * 1 so that no attempt escapes the count. Unless `requestHandler` is given, an attempt ends after 5 s, connecting to
 * the KMS after 2 s.
 */
export function awsProvider(config: Omit<KMSClientConfig, 'maxAttempts'> = {}): KekProvider {
  const client = new KMSClient({ requestHandler: timeouts, ...config, maxAttempts: 1 });
  return {
    name: 'aws',
    wrap: async (plaintext, request) => {
      const command = new EncryptCommand({ ...inputOf(request), Plaintext: plaintext });
      const trip = addClaim(command, request.claim);
      const answer = await client.send(command).catch((error: unknown) => {
        throw faultOf(error, trip);
      });
      return answerOf(answer.CiphertextBlob, answer.$metadata.requestId);
    },
    unwrap: async (wrapped, request) => {
      const command = new DecryptCommand({ ...inputOf(request), CiphertextBlob: wrapped });
      const trip = addClaim(command, request.claim);
      const answer = await client.send(command).catch((error: unknown) => {
        throw faultOf(error, trip);
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

/** Puts the claim into the user agent, after signing, which does not cover it. */
function addClaim(command: Command, claim: string): Trip {
  const trip: Trip = { signed: false };
  // The stack's own type is that of all KMS commands; this middleware touches the HTTP request only.
  const stack = command.middlewareStack as unknown as import('@aws-sdk/types').MiddlewareStack<
    ServiceInputTypes,
    ServiceOutputTypes
  >;
  stack.add(
    (next) => (args) => {
      trip.signed = true;
      const request: unknown = args.request;
      if (hasHeaders(request)) {
        request.headers['user-agent'] = `${request.headers['user-agent'] ?? ''} ${claim}`.trim();
      }
      return next(args);
    },
    { step: 'finalizeRequest', name: 'keytideClaim', priority: 'low' },
  );
  return trip;
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}

function answerOf(bytes: Uint8Array | undefined, requestId: string | undefined) {
  if (bytes === undefined) throw new KmsFault('outage', 'EmptyAnswer', { sent: true, requestId });
  return { bytes, ...(requestId !== undefined && { requestId }) };
}

/** Sorts the SDK's errors into denied, wrong key and outage; what is not known is an outage. */
function faultOf(error: unknown, trip: Trip): KmsFault {
  if (!trip.signed) return credentialsFault(error);
  const { name, code, requestId, httpStatus } = described(error);
  const reason = code ?? name;
  // Without an HTTP answer, either the connection was not made or nobody knows if the request arrived.
  const sent = httpStatus !== undefined || !neverSent.test(reason);
  return new KmsFault(kindOf(name), reason, { sent, requestId, httpStatus, cause: error });
}

const causesMax = 5;

/** STS refusing the role is the customer's or its owner's word, a denial; any other fault of credentials is ours. */
function credentialsFault(error: unknown): KmsFault {
  let cause = error;
  for (let n = 0; n < causesMax && cause instanceof Error; n += 1, cause = cause.cause) {
    if (!/^AccessDenied(?:Exception)?$/.test(cause.name)) continue;
    return new KmsFault('denied', cause.name, { sent: false, cause: error });
  }
  const { name, code } = described(error);
  return new KmsFault('outage', code ?? name, { sent: false, cause: error });
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
