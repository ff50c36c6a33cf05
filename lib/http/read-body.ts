import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError } from '../domain/app-error.ts';

const unzip = promisify(gunzip);

/**
 * The request's body, unpacked where it is gzip, read up to `bytesMax`; neither packed nor unpacked is it ever longer.
 * @throws {AppError} `unsupported` for another encoding, `too-large`, `bad-request` for broken gzip.
 */
export async function readBody(request: Request, bytesMax: number): Promise<Uint8Array> {
  const encoding = (request.headers.get('content-encoding') ?? '').trim().toLowerCase();
  if (!['', 'identity', 'gzip', 'x-gzip'].includes(encoding)) {
    throw new AppError('unsupported', 'Send the body as it is, or with content-encoding gzip.');
  }
  const body = await readBytes(request, bytesMax);
  return encoding.endsWith('gzip') ? unpacked(body, bytesMax) : body;
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

async function readBytes(request: Request, bytesMax: number): Promise<Buffer> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function unpacked(body: Buffer, bytesMax: number): Promise<Buffer> {
  try {
    return await unzip(body, { maxOutputLength: bytesMax });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(bytesMax);
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw new AppError(
      'bad-request',
      `The body is no gzip: ${reason}. Send it whole, or without content-encoding.`,
      { cause },
    );
  }
}
