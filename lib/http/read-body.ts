import { promisify } from 'node:util';
import zlib, { type ZlibOptions } from 'node:zlib';
import { AppError } from '../domain/app-error.ts';

type Unpack = (packed: Buffer, options: Pick<ZlibOptions, 'maxOutputLength'>) => Promise<Buffer>;

const gunzip: Unpack = promisify(zlib.gunzip);
const unpackers: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', promisify(zlib.inflate)],
  // Older Node.js has none.
  ...('zstdDecompress' in zlib ? [['zstd', promisify(zlib.zstdDecompress)] as const] : []),
]);

/** A sender that needs longer than this for 16 MiB only holds a connection. */
const readMsMax = 30_000;

/**
 * The request's body, unpacked, read up to `bytesMax`; neither packed nor unpacked is it ever longer.
 * @throws {AppError} `unsupported` for another encoding, `too-large`, `bad-request` for a broken one, `unavailable`
 * where it has not come to its end when `late` is aborted, by default after 30 s.
 */
export async function readBody(
  request: Request,
  bytesMax: number,
  late: AbortSignal = AbortSignal.timeout(readMsMax),
): Promise<Uint8Array> {
  const encoding = (request.headers.get('content-encoding') ?? '').trim().toLowerCase();
  const unpack = unpackers.get(encoding);
  if (unpack === undefined && encoding !== '' && encoding !== 'identity') {
    const known = [...unpackers.keys()].filter((name) => name !== 'x-gzip').join(', ');
    throw new AppError(
      'unsupported',
      `Send the body as it is, or with one content-encoding of ${known}.`,
    );
  }
  const body = await readBytes(request, bytesMax, late);
  return unpack === undefined ? body : unpacked(body, { unpack, encoding, bytesMax });
}

/** A request's media type, without its parameters. */
export function mediaType(request: Request): string {
  return request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
}

const tooLarge = (bytesMax: number) =>
  new AppError(
    'too-large',
    `The body is larger than ${Math.floor(bytesMax / 1024)} KiB; send smaller batches.`,
  );

async function readBytes(request: Request, bytesMax: number, late: AbortSignal): Promise<Buffer> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = request.body.getReader();
  late.addEventListener('abort', () => void reader.cancel().catch(() => undefined));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late.aborted) throw tooSlow();
      if (done) return Buffer.concat(chunks);
      bytes += value.byteLength;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      chunks.push(value);
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

const tooSlow = () =>
  new AppError(
    'unavailable',
    `The body did not come to its end within ${readMsMax / 1000} s; send smaller batches.`,
  );

async function unpacked(
  body: Buffer,
  { unpack, encoding, bytesMax }: { unpack: Unpack; encoding: string; bytesMax: number },
): Promise<Buffer> {
  try {
    return await unpack(body, { maxOutputLength: bytesMax });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(bytesMax);
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw new AppError(
      'bad-request',
      `The body is no ${encoding}: ${reason}. Send it whole, or without content-encoding.`,
      { cause },
    );
  }
}
