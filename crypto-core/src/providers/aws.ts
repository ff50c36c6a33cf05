/**
 * AWS KMS: Encrypt and Decrypt through `@aws-sdk/client-kms`, one attempt a call, because the engine retries. The claim
 * goes into the user agent, which CloudTrail records. The encryption context holds workspace and DEK id.
 */
import {
  DecryptCommand,
  EncryptCommand,
  KMSClient,
  type KMSClientConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-kms';
import { type AwsKeyUri, parseKeyUri } from '../key-uri.ts';
import {
  type KekProvider,
  KmsFault,
  type KmsFaultKind,
  type KmsLacks,
  type KmsRequest,
} from '../provider.ts';
import { keyOf } from './key-of.ts';
import { untilGivenUp } from './until-given-up.ts';

const denials = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'DisabledException',
  'InvalidKeyUsageException',
  'InvalidArnException',
  'NotFoundException',
]);
const wrongKeys = new Set(['IncorrectKeyException', 'InvalidCiphertextException']);
/** Words of a `KMSInvalidStateException` which mean that the owner took the key away. */
const takenAway = /pending\s*(?:replica\s*)?deletion|pending\s*import|disabled/i;
/** Names of keys, which may hold any of these words. */
const names = /\b(?:arn:|alias\/)\S+/g;
const neverSent =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL|EHOSTUNREACH|ENETUNREACH|ERR_TLS_.*|CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*)$/;

/**
 * The engine ends attempts and bounds how many run. The SDK's own bound, by default 50 connections a host, would let
 * hanging requests of one customer delay all others in the region.
 */
const handlerOptions = {
  connectionTimeout: 2_000,
  httpAgent: { maxSockets: Number.POSITIVE_INFINITY },
  httpsAgent: { maxSockets: Number.POSITIVE_INFINITY },
};

/**
 * What an error of AWS KMS means for the key; docs/kms-errors.md gives the source of each. KMS also answers
 * `KMSInvalidStateException` if it cannot reach a custom or external key store: that is an outage.
 */
export function awsFaultKind(name: string, message: string): KmsFaultKind {
  if (name === 'KMSInvalidStateException')
    return takenAway.test(message.replace(names, '')) ? 'denied' : 'outage';
  if (denials.has(name)) return 'denied';
  return wrongKeys.has(name) ? 'wrong-key' : 'outage';
}

/** Which side a denial's message names. Of a key in another account it names the key's side for a missing key too. */
function lackingSide(name: string, message: string): KmsLacks | undefined {
  if (!/^AccessDenied/.test(name)) return undefined;
  const text = message.replace(names, '');
  if (/resource-based polic/.test(text)) return 'policy';
  const own = /identity-based policy|session policy|permissions boundary|control policy/;
  return own.test(text) ? 'assignment' : undefined;
}

/** How far a request got. */
interface Trip {
  /** Whether credentials were there and the request was signed with them. */
  signed: boolean;
}

/**
 * @param config the SDK's own client options (region, credentials, endpoint, requestHandler). `maxAttempts` is always
 * 1, so that every attempt is counted. Without a `requestHandler`, connecting may take 2 s and the number of
 * connections is not bounded; the engine ends each attempt.
 */
export function awsProvider(config: Omit<KMSClientConfig, 'maxAttempts'> = {}): KekProvider {
  const client = new KMSClient({ requestHandler: handlerOptions, ...config, maxAttempts: 1 });
  return {
    name: 'aws',
    wrap: async (plaintext, request) => {
      const key = keyOf(request, 'aws');
      const answer = await attempt(request, async (trip, options) => {
        const input = inputOf(await nearest(key, client), request);
        const command = new EncryptCommand({ ...input, Plaintext: plaintext });
        addClaim(command, request.claim, trip);
        return client.send(command, options);
      });
      return answerOf(answer.CiphertextBlob, answer, key);
    },
    unwrap: async (wrapped, request) => {
      const key = keyOf(request, 'aws');
      const answer = await attempt(request, async (trip, options) => {
        const input = inputOf(await nearest(key, client), request);
        const command = new DecryptCommand({ ...input, CiphertextBlob: wrapped });
        addClaim(command, request.claim, trip);
        return client.send(command, options);
      });
      return answerOf(answer.Plaintext, answer, key);
    },
    close: () => client.destroy(),
  };
}

/** The region in a key's ARN, for a router's `routeOf`. @throws {TypeError} if it is not an ARN */
export function awsRegionOf(keyUri: string): string {
  const key = parseKeyUri(keyUri);
  if (key.provider !== 'aws') throw new TypeError('the key URI is no ARN of an AWS KMS key');
  return key.region;
}

/**
 * The ARN by which a client calls a key. A multi-Region key has the same material in each of its Regions: a client of
 * another Region calls the replica there, which has its own ARN.
 */
async function nearest({ id, region, multiRegion }: AwsKeyUri, client: KMSClient): Promise<string> {
  if (!multiRegion) return id;
  const here = await client.config.region();
  return id.replace(`:kms:${region}:`, `:kms:${here}:`);
}

/** Makes one attempt. Its error is classified by how far the request got. */
async function attempt<T>(
  { signal }: KmsRequest,
  send: (trip: Trip, options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const trip: Trip = { signed: false };
  try {
    return await untilGivenUp(
      { signal },
      () => trip.signed,
      () => send(trip, { abortSignal: signal }),
    );
  } catch (error) {
    throw error instanceof KmsFault ? error : faultOf(error, trip);
  }
}

function inputOf(keyId: string, { context }: KmsRequest) {
  const EncryptionContext = {
    'keytide:workspace': context.workspace,
    'keytide:dek': context.dekId,
  };
  return { KeyId: keyId, EncryptionContext };
}

type Command = EncryptCommand | DecryptCommand;

/** Adds the claim to the user agent after signing: the signature does not cover that header. */
function addClaim(command: Command, claim: string, trip: Trip): void {
  // The stack is typed for all KMS commands; this middleware changes the HTTP request only.
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
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}

/** The bytes of an answer, checked: they exist, and the key that was asked gave them. */
function answerOf(
  bytes: Uint8Array | undefined,
  {
    KeyId,
    $metadata,
  }: { KeyId?: string | undefined; $metadata: { requestId?: string | undefined } },
  asked: AwsKeyUri,
) {
  const { requestId } = $metadata;
  if (bytes === undefined) throw new KmsFault('outage', 'EmptyAnswer', { sent: true, requestId });
  if (isOf(asked, KeyId)) return { bytes, ...(requestId !== undefined && { requestId }) };
  bytes.fill(0);
  throw new KmsFault('outage', 'AnotherKeyAnswered', { sent: true, requestId });
}

/** Whether the key that was asked answered. Of an alias, only its account and Region can be compared. */
function isOf(asked: AwsKeyUri, arn = ''): boolean {
  let answered: ReturnType<typeof parseKeyUri>;
  try {
    answered = parseKeyUri(arn);
  } catch {
    return false;
  }
  if (answered.provider !== 'aws' || !answered.resource.startsWith('key/')) return false;
  const sameKey = asked.resource.startsWith('alias/') || answered.resource === asked.resource;
  const sameRegion = asked.multiRegion || answered.region === asked.region;
  const sameOwner = answered.partition === asked.partition && answered.account === asked.account;
  return sameKey && sameRegion && sameOwner;
}

/** Classifies an error of the SDK as denied, wrong key or outage; an unknown one is an outage. */
function faultOf(error: unknown, trip: Trip): KmsFault {
  if (!trip.signed) return credentialsFault(error);
  const { name, message, code, requestId, httpStatus } = described(error);
  const reason = code ?? name;
  // Without an HTTP answer, the connection failed, or it is not known whether the request arrived.
  const sent = httpStatus !== undefined || !neverSent.test(reason);
  return new KmsFault(awsFaultKind(name, message), reason, {
    sent,
    requestId,
    httpStatus,
    lacks: lackingSide(name, message),
    cause: error,
  });
}

const causesMax = 5;

/** If STS refuses the role, the customer refused us: a denial. Any other fault of credentials is our own. */
function credentialsFault(error: unknown): KmsFault {
  let cause = error;
  for (let n = 0; n < causesMax && cause instanceof Error; n += 1, cause = cause.cause) {
    if (!/^AccessDenied(?:Exception)?$/.test(cause.name)) continue;
    return new KmsFault('denied', cause.name, { sent: false, lacks: 'identity', cause: error });
  }
  const { name, code } = described(error);
  return new KmsFault('outage', code ?? name, { sent: false, cause: error });
}

function described(error: unknown): {
  name: string;
  message: string;
  code: string | undefined;
  requestId: string | undefined;
  httpStatus: number | undefined;
} {
  if (!(error instanceof Error)) {
    return {
      name: 'Unknown',
      message: '',
      code: undefined,
      requestId: undefined,
      httpStatus: undefined,
    };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const field = (name: string): unknown =>
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, name) : undefined;
  const requestId = field('requestId');
  const httpStatus = field('httpStatusCode');
  return {
    name: error.name,
    message: error.message,
    code,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    httpStatus: typeof httpStatus === 'number' ? httpStatus : undefined,
  };
}
