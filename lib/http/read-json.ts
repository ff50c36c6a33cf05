import { AppError } from '../domain/app-error.ts';
import { mediaType, readBody } from './read-body.ts';

/**
 * The request's JSON body, gzip or not, read up to `bytesMax`.
 * @throws {AppError} `unsupported` for another content type or encoding, `too-large`, `bad-request`.
 */
export async function readJson(request: Request, bytesMax: number): Promise<unknown> {
  if (mediaType(request) !== 'application/json') {
    throw new AppError('unsupported', 'Send JSON: content-type must be application/json.');
  }
  const body = await readBody(request, bytesMax);
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch (error) {
    throw new AppError(
      'bad-request',
      `The body is no JSON: ${error instanceof Error ? error.message : 'unreadable'}.`,
    );
  }
}
