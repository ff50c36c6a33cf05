/**
 * Google Cloud KMS: Encrypt and Decrypt through `@google-cloud/kms`, over gRPC or REST, one attempt a call: the SDK's
 * own silent retries are off. The claim is sent as the request reason, workspace and DEK id as authenticated data, and
 * checksums are compared both ways. Only the codes of the SDK's errors are kept: the errors may hold the request.
 */
import { KeyManagementServiceClient } from '@google-cloud/kms';
import { crc32c } from '../crc32c.ts';
import type { GcpKeyUri } from '../key-uri.ts';
import { type KekProvider, KmsFault, type KmsFaultKind, type KmsRequest } from '../provider.ts';
import { contextBytes } from './context-bytes.ts';
import { keyOf } from './key-of.ts';
import { untilGivenUp } from './until-given-up.ts';

/** The SDK's own client options: `authClient` or `credentials`, `fallback: true` for REST, `apiEndpoint`. */
export type GcpProviderConfig = NonNullable<
  ConstructorParameters<typeof KeyManagementServiceClient>[0]
>;

/** The parts of a Cloud KMS error that are used. */
export interface GcpError {
  /** The gRPC status, such as `FAILED_PRECONDITION`. */
  status: string;
  /** The reason of its `ErrorInfo`, or the type of a precondition that is violated. */
  reason?: string | undefined;
  message: string;
}

const statuses = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
/** Reasons for faults of the set-up: whatever their status is, they say nothing about the key. */
const setUpReasons = new Set([
  'SERVICE_DISABLED',
  'BILLING_DISABLED',
  'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
  'ACCESS_TOKEN_EXPIRED',
]);
const setUpText = /API has not been used in project \S+ before or it is disabled/;
/** Words of Cloud KMS for a key version that its owner took away; names of keys hold no blanks. */
const takenAway =
  /^\S+ is not enabled, current state is: (DISABLED|DESTROY_SCHEDULED|DESTROYED|PENDING_EXTERNAL_DESTRUCTION)\.$/;
/** Answers of proxies, which Cloud KMS did not send. */
const notCloudKms = /^\s*<|^Error response from RPC /;
const neverSent =
  /No connection established|Name resolution failed|Getting metadata from plugin failed/;
const neverSentCode =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL|EHOSTUNREACH|ENETUNREACH|ERR_TLS_.*|CERT_.*)$/;

/** What an error of Cloud KMS means for the key; docs/kms-errors.md gives the source of each. */
export function gcpFaultKind({ status, reason, message }: GcpError): KmsFaultKind {
  if (setUpReasons.has(reason ?? '') || setUpText.test(message) || notCloudKms.test(message))
    return 'outage';
  if (status === 'PERMISSION_DENIED' || status === 'NOT_FOUND') return 'denied';
  if (status === 'FAILED_PRECONDITION')
    return reason === 'KEY_DISABLED' || takenAway.test(message) ? 'denied' : 'outage';
  const wrong = status === 'INVALID_ARGUMENT' && message.startsWith('Decryption failed: ');
  return wrong ? 'wrong-key' : 'outage';
}

/** The engine ends attempts, but the SDK requires a timeout of its own. */
const timeoutMs = 660_000;
const noRetry = {
  retryCodes: [],
  backoffSettings: {
    initialRetryDelayMillis: 1,
    retryDelayMultiplier: 1,
    maxRetryDelayMillis: 1,
    initialRpcTimeoutMillis: timeoutMs,
    rpcTimeoutMultiplier: 1,
    maxRpcTimeoutMillis: timeoutMs,
    totalTimeoutMillis: timeoutMs,
  },
};
const grpcOptions = {
  'grpc.primary_user_agent': 'keytide/1',
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  // Each provider has its own connection: customers must not share its limit of concurrent requests.
  'grpc.use_local_subchannel_pool': 1,
};

/**
 * @param config the SDK's own client options. It uses gRPC unless `fallback` is true. The SDK's retries are off, so
 * that every attempt is counted.
 */
export function gcpProvider(config: GcpProviderConfig = {}): KekProvider {
  const client = new KeyManagementServiceClient({ ...grpcOptions, ...config });
  const caller = new Caller(client, config);
  return {
    name: 'gcp',
    wrap: async (plaintext, request) => {
      const key = keyOf(request, 'gcp');
      const aad = contextBytes(request);
      const message = { ...boundTo(aad), plaintext, plaintextCrc32c: sumOf(plaintext) };
      const version = key.version === undefined ? '' : `/cryptoKeyVersions/${key.version}`;
      const answer = await caller.call('encrypt', `${key.name}${version}`, message, request);
      return { bytes: wrappedIn(answer, key) };
    },
    unwrap: async (wrapped, request) => {
      const key = keyOf(request, 'gcp');
      const aad = contextBytes(request);
      const message = { ...boundTo(aad), ciphertext: wrapped, ciphertextCrc32c: sumOf(wrapped) };
      const answer = await caller.call('decrypt', key.name, message, request);
      return { bytes: checked(answer.plaintext, answer.plaintextCrc32c) };
    },
    close: () => {
      client.close().catch(() => {});
    },
  };
}

const sumOf = (bytes: Uint8Array) => ({ value: crc32c(bytes) });

const boundTo = (aad: Uint8Array) => ({
  additionalAuthenticatedData: aad,
  additionalAuthenticatedDataCrc32c: sumOf(aad),
});

/** The fields of an answer, by name. */
type Answer = Readonly<Partial<Record<string, unknown>>>;

/** The ciphertext of an Encrypt, checked: the key that was asked gave it, for the bytes that were sent. */
function wrappedIn(answer: Answer, key: GcpKeyUri): Uint8Array {
  const received =
    answer.verifiedPlaintextCrc32c === true &&
    answer.verifiedAdditionalAuthenticatedDataCrc32c === true;
  if (!received) throw new KmsFault('outage', 'CorruptedRequest', { sent: true });
  const versions = `${key.name}/cryptoKeyVersions/`;
  const name = String(answer.name);
  const number = name.startsWith(versions) ? name.slice(versions.length) : '';
  if (!/^\d+$/.test(number) || number !== (key.version ?? number))
    throw new KmsFault('outage', 'AnotherKeyAnswered', { sent: true });
  return checked(answer.ciphertext, answer.ciphertextCrc32c);
}

/** The bytes of an answer. @throws {KmsFault} if they do not match their checksum */
function checked(bytes: unknown, sum: unknown): Uint8Array {
  if (!(bytes instanceof Uint8Array) || bytes.length === 0)
    throw new KmsFault('outage', 'EmptyAnswer', { sent: true });
  const said = typeof sum === 'object' && sum !== null ? Reflect.get(sum, 'value') : undefined;
  if (said !== undefined && Number(said) === crc32c(bytes)) return bytes;
  bytes.fill(0);
  throw new KmsFault('outage', 'CorruptedAnswer', { sent: true });
}

/** A gRPC call as an interceptor sees it before the call starts. */
interface GrpcCall {
  start(metadata: { set(name: string, value: string): void }, listener: unknown): void;
}

class Caller {
  readonly #client: KeyManagementServiceClient;
  readonly #config: GcpProviderConfig;
  #ready: Promise<unknown> | undefined;

  constructor(client: KeyManagementServiceClient, config: GcpProviderConfig) {
    this.#client = client;
    this.#config = config;
  }

  /**
   * Calls the API below the client's own methods: those would log the plaintext if the environment turns their log on
   * (`GOOGLE_SDK_NODE_LOGGING`).
   */
  async call(
    method: 'encrypt' | 'decrypt',
    name: string,
    message: object,
    { claim, signal }: KmsRequest,
  ): Promise<Answer> {
    let started = false;
    const intercept = (options: unknown, next: (options: unknown) => GrpcCall) => {
      const call = next(options);
      const start = call.start.bind(call);
      call.start = (metadata, listener) => {
        metadata.set('x-goog-request-reason', claim);
        start(metadata, listener);
      };
      return call;
    };
    const headers = {
      'x-goog-request-params': `name=${encodeURIComponent(name)}`,
      ...(this.#config.fallback && { 'x-goog-request-reason': claim }),
    };
    const otherArgs = { headers, options: { interceptors: [intercept] } };
    const options = { retry: noRetry, timeout: timeoutMs, signal, otherArgs };
    try {
      return await untilGivenUp(
        { signal },
        () => started,
        async () => {
          await this.#prepare();
          started = true;
          const send = this.#client.innerApiCalls[method];
          if (send === undefined) throw new TypeError(`the SDK has no ${method}`);
          const [answer] = await send({ name, ...message }, options);
          return answer;
        },
      );
    } catch (error) {
      if (error instanceof KmsFault) throw error;
      throw started ? faultOf(error) : credentialsFault(error);
    }
  }

  /** Gets credentials before the call, because an error of their source says nothing about Cloud KMS. */
  async #prepare(): Promise<void> {
    this.#ready ??= this.#client.initialize();
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
    // gRPC sends no credentials over a connection without TLS.
    if (!('sslCreds' in this.#config)) await this.#client.auth.getRequestHeaders();
  }
}

/** Classifies an error of Cloud KMS as denied, wrong key or outage; an unknown one is an outage. */
function faultOf(error: unknown): KmsFault {
  const code = field(error, 'code');
  const status = (typeof code === 'number' ? statuses[code] : undefined) ?? 'UNKNOWN';
  const details = field(error, 'details');
  const message = typeof details === 'string' ? details : String(field(error, 'message'));
  const given = violationOf(error) ?? field(error, 'reason');
  const reason = typeof given === 'string' && /^\w{1,64}$/.test(given) ? given : undefined;
  const kind = gcpFaultKind({ status, reason, message });
  const state = takenAway.exec(message)?.[1];
  const httpStatus = field(error, 'httpStatusCode');
  const cause = field(field(error, 'cause'), 'code');
  const unsent = neverSent.test(message) || neverSentCode.test(String(cause));
  return new KmsFault(kind, state ? `KEY_${state}` : (reason ?? status), {
    sent: typeof httpStatus === 'number' || !unsent,
    ...(typeof httpStatus === 'number' && { httpStatus }),
  });
}

/**
 * If the service may no longer impersonate the account, the customer refused us: a denial. Other faults are our own.
 */
function credentialsFault(error: unknown): KmsFault {
  const message = String(field(error, 'message'));
  const denied = /^PERMISSION_DENIED: unable to impersonate: /.test(message);
  const code = field(error, 'code');
  const reason = denied ? 'ImpersonationDenied' : 'Credentials';
  const lacks = denied ? 'identity' : undefined;
  return new KmsFault(denied ? 'denied' : 'outage', `${reason}${knownCode(code)}`, {
    sent: false,
    lacks,
  });
}

const knownCode = (code: unknown) =>
  typeof code === 'string' && /^\w{1,32}$/.test(code) ? `:${code}` : '';

/** The type of the first violation in a `PreconditionFailure`. */
function violationOf(error: unknown): unknown {
  const details = field(error, 'statusDetails');
  if (!Array.isArray(details)) return undefined;
  const violations = details.map((one) => field(one, 'violations')).find(Array.isArray);
  return field(violations?.[0], 'type');
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
