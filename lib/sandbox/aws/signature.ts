/**
 * AWS Signature Version 4, the service's side: the request is signed again with the secret of the
 * access key it names, and the two signatures compared. `x-amz-content-sha256` is taken from the
 * body, never from the client.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Clock } from '../../domain/clock.ts';
import type { AwsService } from './api.ts';
import { AwsFault } from './aws-fault.ts';
import type { Principal } from './principals.ts';

const skewMsMax = 15 * 60_000;

export interface SignedRequest {
  method: string;
  /** Path and query as sent. */
  url: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

export interface Verifier {
  region: string;
  /** The X-Amz-Date of requests is held against wall time. */
  wall: Clock;
  find: (accessKeyId: string) => Principal | undefined;
}

interface Authorization {
  accessKeyId: string;
  day: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

/**
 * The principal who signed the request. Throws the `AwsFault` that AWS answers with where none did.
 */
export async function verifySignature(
  request: SignedRequest,
  { service, verifier }: { service: AwsService | 's3'; verifier: Verifier },
): Promise<Principal> {
  const authorization = parseAuthorization(request.headers.authorization);
  const principal = verifier.find(authorization.accessKeyId);
  const token = request.headers['x-amz-security-token'] ?? '';
  if (!principal || !sameText(token, principal.sessionToken ?? '')) {
    const message = 'The security token included in the request is invalid.';
    throw new AwsFault('UnrecognizedClientException', message);
  }
  const signedAt = checkDate(request.headers['x-amz-date'] ?? '', verifier.wall.now());
  checkScope(authorization, { signedAt, service, region: verifier.region });
  checkSignedHeaders(authorization.signedHeaders, service);
  const expected = await sign(request, { authorization, principal, signedAt });
  if (!sameText(authorization.signature, expected)) {
    throw refused(
      'The request signature we calculated does not match the signature you provided. Check ' +
        'your AWS Secret Access Key and signing method. Consult the service documentation for ' +
        'details.',
    );
  }
  return principal;
}

/** The access key id a request names, for logs; null where it names none. */
export function claimedAccessKeyId(header: string | undefined): string | null {
  return /Credential=([^/,\s]{1,128})\//.exec(header ?? '')?.[1] ?? null;
}

const refused = (message: string) => new AwsFault('InvalidSignatureException', message);

function parseAuthorization(header: string | undefined): Authorization {
  if (header === undefined) {
    throw new AwsFault('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const credential = /Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/;
  const scope = credential.exec(header);
  const headers = /SignedHeaders=([^,\s]+)/.exec(header)?.[1];
  const signature = /Signature=([0-9a-f]{64})(?=,|\s|$)/.exec(header)?.[1];
  if (!header.startsWith('AWS4-HMAC-SHA256 ') || !scope || !headers || !signature) {
    const message = 'Authorization header needs Credential, SignedHeaders and Signature.';
    throw new AwsFault('IncompleteSignatureException', message);
  }
  const [, accessKeyId = '', day = '', region = '', service = ''] = scope;
  return { accessKeyId, day, region, service, signedHeaders: headers.split(';'), signature };
}

const amzDate = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

function checkDate(date: string, nowMs: number): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  const [, year, month, day, hour, minute, second] = parts ?? [];
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(signedAt)) {
    const message = `Date must be in ISO-8601 'basic format'. Got '${date.slice(0, 40)}'.`;
    throw new AwsFault('IncompleteSignatureException', message);
  }
  const now = amzDate(nowMs);
  if (signedAt < nowMs - skewMsMax) {
    const earliest = amzDate(nowMs - skewMsMax);
    throw refused(`Signature expired: ${date} is now earlier than ${earliest} (${now} - 15 min.)`);
  }
  if (signedAt > nowMs + skewMsMax) {
    const latest = amzDate(nowMs + skewMsMax);
    throw refused(
      `Signature not yet current: ${date} is still later than ${latest} (${now} + 15 min.)`,
    );
  }
  return signedAt;
}

function checkScope(
  authorization: Authorization,
  actual: { signedAt: number; service: string; region: string },
): void {
  if (authorization.region !== actual.region) {
    throw refused('Credential should be scoped to a valid region. ');
  }
  if (authorization.service !== actual.service) {
    throw refused(`Credential should be scoped to correct service: '${actual.service}'. `);
  }
  const day = amzDate(actual.signedAt).slice(0, 8);
  if (authorization.day !== day) {
    throw refused(`Date in Credential scope does not match YYYYMMDD from ISO-8601 date: ${day}`);
  }
}

function checkSignedHeaders(names: readonly string[], service: AwsService | 's3'): void {
  const needed = ['host', 'x-amz-date', service === 's3' ? 'x-amz-content-sha256' : 'x-amz-target'];
  for (const name of needed) {
    if (!names.includes(name)) throw refused(`'${name}' must be a signed header.`);
  }
}

async function sign(
  { method, url, headers, body }: SignedRequest,
  by: { authorization: Authorization; principal: Principal; signedAt: number },
): Promise<string> {
  const { signedHeaders, region, service } = by.authorization;
  const { accessKeyId, secretAccessKey, sessionToken } = by.principal;
  // Left out, these are set by the signer itself: from the body, the date and the credentials.
  const own = new Set(['x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token']);
  const names = signedHeaders.filter((name) => !own.has(name));
  const signer = new SignatureV4({
    service,
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
    sha256: NodeSha256,
    applyChecksum: signedHeaders.includes('x-amz-content-sha256'),
    // S3's paths are signed as they are sent, those of others encoded once more.
    uriEscapePath: service !== 's3',
  });
  const { pathname, searchParams } = new URL(url, 'http://loopback');
  const signed = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: 'loopback',
      path: pathname,
      query: Object.fromEntries(
        [...new Set(searchParams.keys())].map((k) => [k, searchParams.getAll(k)]),
      ),
      headers: Object.fromEntries(names.map((name) => [name, headers[name] ?? ''])),
      body,
    },
    { signingDate: new Date(by.signedAt), signableHeaders: new Set(signedHeaders) },
  );
  return /Signature=([0-9a-f]{64})$/.exec(signed.headers.authorization ?? '')?.[1] ?? '';
}

/** Compares without telling by its time where two texts differ. */
function sameText(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

/** The hash the signer asks for, over node:crypto. */
class NodeSha256 {
  readonly #hash: { update(data: Uint8Array): unknown; digest(): Buffer };

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(secret));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('a hash is used once');
  }
}

function keyOf(secret: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof secret === 'string') return Buffer.from(secret);
  if (secret instanceof ArrayBuffer) return Buffer.from(secret);
  return Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength);
}
