import { AppError } from '../domain/app-error.ts';

/**
 * The request's JSON body, read up to `bytesMax`.
 * @throws {AppError} `unsupported` for another content type or encoding, `too-large`, `bad-request`.
 */
export async function readJson(request: Request, bytesMax: number): Promise<unknown> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new AppError('unsupported', 'Send JSON: content-type must be application/json.');
  }
  if ((request.headers.get('content-encoding') ?? 'identity') !== 'identity') {
    throw new AppError(
      'unsupported',
      'Send the body as it is: content-encoding is not supported yet.',
    );
  }
  const text = await readText(request, bytesMax);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError(
      'bad-request',
      `The body is no JSON: ${error instanceof Error ? error.message : 'unreadable'}.`,
    );
  }
}

async function readText(request: Request, bytesMax: number): Promise<string> {
  const tooLarge = () =>
    new AppError(
      'too-large',
      `The body is larger than ${Math.floor(bytesMax / 1024)} KiB; send smaller batches.`,
    );
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge();
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
