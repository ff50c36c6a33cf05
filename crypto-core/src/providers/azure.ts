/**
 * Azure Key Vault and Managed HSM: wrapKey and unwrapKey through `@azure/keyvault-keys`, one attempt a call. RSA binds
 * no context, so a DEK is wrapped together with the SHA-256 of its context. The SDK would wrap locally if it knew the
 * public key: it is never allowed to fetch one, and needs no `keys/get`. Only the codes of the SDK's errors are kept,
 * because the errors hold the request.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { KeyClient, type KeyClientOptions } from '@azure/keyvault-keys';
import type { AzureKeyUri } from '../key-uri.ts';
import { parseKeyUri } from '../key-uri.ts';
import { type KekProvider, KmsFault, type KmsFaultKind, type KmsRequest } from '../provider.ts';
import { RecentMap } from '../recent-map.ts';
import { contextBytes } from './context-bytes.ts';
import { keyOf } from './key-of.ts';
import { untilGivenUp } from './until-given-up.ts';

export interface AzureProviderConfig
  extends Omit<KeyClientOptions, 'retryOptions' | 'redirectOptions'> {
  /** Gives tokens for the tenant of each vault, such as `DefaultAzureCredential` of `@azure/identity`. */
  credential: ConstructorParameters<typeof KeyClient>[1];
}

/** The parts of a Key Vault error that are used. */
export interface AzureError {
  operation: 'wrapKey' | 'unwrapKey';
  httpStatus: number;
  code: string;
  innerCode?: string | undefined;
}

/** Codes of 409 for a key that its owner is deleting or recovering; conflicting requests get 409 too. */
const gone = new Set(['ObjectIsDeletedButRecoverable', 'ObjectIsBeingDeleted']);

/** What an error of Key Vault means for the key; docs/kms-errors.md gives the source of each. */
export function azureFaultKind({
  operation,
  httpStatus,
  code,
  innerCode,
}: AzureError): KmsFaultKind {
  // Proxies and firewalls answer 403 and 404 too: only those with Key Vault's own codes count.
  if (httpStatus === 403) return code === 'Forbidden' ? 'denied' : 'outage';
  if (httpStatus === 404) return code === 'KeyNotFound' ? 'denied' : 'outage';
  if (httpStatus === 409) return gone.has(innerCode ?? code) ? 'denied' : 'outage';
  const refused = httpStatus === 400 && code === 'BadParameter' && operation === 'unwrapKey';
  return refused ? 'wrong-key' : 'outage';
}

/** An eDEK: format (1) | algorithm (1) | the key's version (16) | what the service wrapped. */
const format = 1;
const headerBytes = 18;
const digestBytes = 32;
const algorithms = {
  vault: { number: 1, name: 'RSA-OAEP-256' },
  'managed-hsm': { number: 2, name: 'A256KW' },
} as const;

/**
 * @param config the credential, and the SDK's own client options. Its retries are off so that every attempt is counted,
 * its redirects so that no DEK is sent to another host.
 */
export function azureProvider(config: AzureProviderConfig): KekProvider {
  const caller = new Caller(config);
  return {
    name: 'azure',
    wrap: async (plaintext, request) => {
      const key = keyOf(request, 'azure');
      const bound = Buffer.concat([digestOf(request), plaintext]);
      try {
        const { bytes, version, requestId } = await caller.call('wrapKey', key, bound, request);
        return { bytes: Buffer.concat([headerOf(key, version), bytes]), ...requestIdOf(requestId) };
      } finally {
        bound.fill(0);
      }
    },
    unwrap: async (wrapped, request) => {
      const key = keyOf(request, 'azure');
      const { version, bytes: inner } = wrappedIn(wrapped, key);
      const named = { ...key, version };
      const { bytes, requestId } = await caller.call('unwrapKey', named, inner, request);
      return { bytes: boundTo(request, bytes, requestId), ...requestIdOf(requestId) };
    },
  };
}

const digestOf = (request: KmsRequest) =>
  createHash('sha256').update(contextBytes(request)).digest();

const requestIdOf = (requestId: string | undefined) =>
  requestId === undefined ? {} : { requestId };

function headerOf({ kind }: AzureKeyUri, version: string): Buffer {
  const { number } = algorithms[kind];
  return Buffer.concat([Buffer.from([format, number]), Buffer.from(version, 'hex')]);
}

/** The parts of an eDEK. @throws {KmsFault} if this kind of key cannot have made it */
function wrappedIn(edek: Uint8Array, { kind }: AzureKeyUri): { version: string; bytes: Buffer } {
  const bytes = Buffer.from(edek);
  if (bytes.length <= headerBytes || bytes[0] !== format || bytes[1] !== algorithms[kind].number)
    throw new KmsFault('wrong-key', 'InvalidCiphertext', { sent: false });
  return { version: bytes.toString('hex', 2, headerBytes), bytes: bytes.subarray(headerBytes) };
}

/** The DEK in the unwrapped bytes. @throws {KmsFault} if it belongs to another context */
function boundTo(request: KmsRequest, bytes: Uint8Array, requestId: string | undefined): Buffer {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const digest = all.subarray(0, digestBytes);
    if (all.length > digestBytes && timingSafeEqual(digest, digestOf(request)))
      return Buffer.from(all.subarray(digestBytes));
    throw new KmsFault('wrong-key', 'ContextMismatch', { sent: true, requestId });
  } finally {
    all.fill(0);
  }
}

/** How far an attempt got. */
interface Trip {
  claim: string;
  /** The user agent without a claim: all requests of an attempt share their headers. */
  agent: string | undefined;
  /** Whether a request with a token was sent. */
  sent: boolean;
  /** Of the answer to that request. */
  requestId: string | undefined;
  /** The key that answered. */
  kid: string | undefined;
  /** Whether a refusal may concern this version alone: it never answered, but other versions of the key did. */
  doubtful: boolean;
}

interface PipelineRequest {
  method: string;
  abortSignal?: unknown;
  headers: { get(name: string): string | undefined; set(name: string, value: string): void };
}

interface PipelineResponse {
  status: number;
  headers: { get(name: string): string | undefined };
  bodyAsText?: string | null;
}

const vaultsMax = 1_000;
const answeredMax = 100_000;

class Caller {
  readonly #config: AzureProviderConfig;
  /** By vault, because each sends its own challenge once. */
  readonly #clients = new RecentMap<KeyClient>(vaultsMax);
  /** The keys, and versions of keys, that have answered. */
  readonly #answered = new RecentMap<true>(answeredMax);
  readonly #trips = new WeakMap<object, Trip>();

  constructor(config: AzureProviderConfig) {
    this.#config = config;
  }

  async call(
    operation: 'wrapKey' | 'unwrapKey',
    key: AzureKeyUri,
    bytes: Uint8Array,
    { claim, signal }: KmsRequest,
  ): Promise<{ bytes: Uint8Array; version: string; requestId: string | undefined }> {
    const trip: Trip = {
      doubtful: this.#isDoubtful(operation, key),
      claim,
      agent: undefined,
      sent: false,
      requestId: undefined,
      kid: undefined,
    };
    const abortSignal = AbortSignal.any([signal]);
    this.#trips.set(abortSignal, trip);
    const keyVersion = key.version;
    const named = keyVersion === undefined ? {} : { keyVersion };
    const client = this.#client(key.vaultUrl).getCryptographyClient(key.name, named);
    const { name } = algorithms[key.kind];
    try {
      const answer = await untilGivenUp(
        { signal },
        () => trip.sent,
        () => client[operation](name, bytes, { abortSignal }),
      );
      const version = versionOf(trip, key);
      if (version === undefined) {
        answer.result.fill(0);
        throw new KmsFault('outage', 'AnotherKeyAnswered', {
          sent: true,
          requestId: trip.requestId,
        });
      }
      this.#answered.set(key.id, true);
      this.#answered.set(`${key.id}/${version}`, true);
      return { bytes: answer.result, version, requestId: trip.requestId };
    } catch (error) {
      if (error instanceof KmsFault) throw error;
      throw trip.sent ? faultOf(error, operation, trip) : credentialsFault(error);
    }
  }

  /** The eDEK names the version to unwrap with. It may be forged, or belong to another key. */
  #isDoubtful(operation: AzureError['operation'], { id, version }: AzureKeyUri): boolean {
    const known = this.#answered.get(id) === true;
    return operation === 'unwrapKey' && known && this.#answered.get(`${id}/${version}`) !== true;
  }

  #client(vaultUrl: string): KeyClient {
    const known = this.#clients.get(vaultUrl);
    if (known !== undefined) return known;
    const { credential, additionalPolicies = [], ...options } = this.#config;
    const client = new KeyClient(vaultUrl, credential, {
      ...options,
      retryOptions: { maxRetries: 0 },
      redirectOptions: { maxRetries: 0 },
      additionalPolicies: [
        ...additionalPolicies,
        { policy: remoteOnly, position: 'perCall' },
        { policy: this.#claiming(), position: 'perRetry' },
      ],
    });
    this.#clients.set(vaultUrl, client);
    return client;
  }

  /** Puts the claim of an attempt into each of its requests, and records the answers. */
  #claiming() {
    return {
      name: 'keytide-claim',
      sendRequest: async <R extends PipelineRequest, A extends PipelineResponse>(
        request: R,
        next: (request: R) => Promise<A>,
      ): Promise<A> => {
        const { abortSignal, headers } = request;
        const trip =
          typeof abortSignal === 'object' && abortSignal ? this.#trips.get(abortSignal) : undefined;
        if (trip === undefined) throw new Error('a request of no attempt is not sent');
        trip.agent ??= headers.get('user-agent') ?? '';
        headers.set('user-agent', `${trip.agent} ${trip.claim}`.trim());
        headers.set('x-ms-client-request-id', trip.claim);
        trip.requestId = undefined;
        trip.sent = headers.get('authorization') !== undefined;
        const response = await next(request);
        trip.requestId = response.headers.get('x-ms-request-id');
        trip.kid = response.status === 200 ? kidIn(response.bodyAsText) : undefined;
        return response;
      },
    };
  }
}

/**
 * The SDK fetches a key before it first uses it, and would then wrap locally. If the fetch is refused, it leaves all
 * work to the service.
 */
const remoteOnly = {
  name: 'keytide-remote-only',
  sendRequest: async <R extends PipelineRequest, A>(
    request: R,
    next: (request: R) => Promise<A>,
  ): Promise<A> => {
    if (request.method !== 'GET') return next(request);
    const refusal = new Error('the public key is not fetched');
    throw Object.assign(refusal, { name: 'RestError', statusCode: 403 });
  },
};

function kidIn(body: string | null | undefined): string | undefined {
  try {
    const kid = field(JSON.parse(body ?? ''), 'kid');
    return typeof kid === 'string' ? kid : undefined;
  } catch {
    return undefined;
  }
}

/** The version that answered, if it belongs to the key that was asked. */
function versionOf({ kid }: Trip, asked: AzureKeyUri): string | undefined {
  let answered: ReturnType<typeof parseKeyUri> | undefined;
  try {
    answered = parseKeyUri(`azure-kv:${kid}`);
  } catch {}
  if (answered?.provider !== 'azure' || answered.id !== asked.id) return undefined;
  return answered.version === (asked.version ?? answered.version) ? answered.version : undefined;
}

const neverSent =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL|EHOSTUNREACH|ENETUNREACH|ERR_TLS_.*|CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*)$/;

/** Classifies an error of Key Vault as denied, wrong key or outage; an unknown one is an outage. */
function faultOf(
  error: unknown,
  operation: AzureError['operation'],
  { requestId, doubtful }: Trip,
): KmsFault {
  const httpStatus = field(error, 'statusCode');
  const described = field(field(error, 'details'), 'error');
  const code = codeOf(field(described, 'code')) ?? codeOf(field(error, 'code')) ?? 'Unknown';
  if (typeof httpStatus !== 'number')
    return new KmsFault('outage', code, { sent: !neverSent.test(code) });
  const innerCode = codeOf(field(field(described, 'innerError'), 'code'));
  const ofVersion = code === 'KeyNotFound' || innerCode === 'KeyDisabled';
  const said = azureFaultKind({ operation, httpStatus, code, innerCode });
  const kind = said === 'denied' && ofVersion && doubtful ? 'wrong-key' : said;
  const lacks = innerCode === 'ForbiddenByRbac' ? 'assignment' : undefined;
  return new KmsFault(kind, innerCode ?? code, { sent: true, requestId, httpStatus, lacks });
}

/** If the customer's tenant does not know the service, consent was withdrawn: a denial. Other faults are our own. */
function credentialsFault(error: unknown): KmsFault {
  const code = codeOf(field(error, 'code')) ?? codeOf(field(error, 'name')) ?? 'Unknown';
  const entra = /^(?:.*\W)?(AADSTS(?:700016|7000229))\b/s.exec(
    String(field(error, 'message')),
  )?.[1];
  return new KmsFault(entra ? 'denied' : 'outage', entra ?? code, {
    sent: false,
    lacks: entra === undefined ? undefined : 'identity',
  });
}

const codeOf = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\w{1,64}$/.test(value) ? value : undefined;

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
