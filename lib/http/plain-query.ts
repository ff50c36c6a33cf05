import { AppError } from '../domain/app-error.ts';

/** Characters of one parameter; the ids that are stored are shorter. */
const valueLengthMax = 2_048;

/** What no parameter may hold: no id, name or cursor has a NUL or is that long. */
export function requirePlainQuery(request: Request): void {
  for (const [name, value] of new URL(request.url).searchParams) {
    const shown = JSON.stringify(name.slice(0, 40));
    if (name.includes('\0') || value.includes('\0'))
      throw new AppError('bad-request', `The parameter ${shown} holds a NUL.`);
    if (value.length > valueLengthMax)
      throw new AppError(
        'bad-request',
        `The parameter ${shown} is longer than ${valueLengthMax} characters.`,
      );
  }
}

/** The last part of the request's path, decoded. @throws {AppError} `bad-request` for what is no UTF-8, or a NUL. */
export const lastPathPart = (request: Request): string => pathPart(request, -1);

/** The same of the part before the last. */
export const partBeforeLast = (request: Request): string => pathPart(request, -2);

const pathPart = (request: Request, index: number): string =>
  decodedPart(new URL(request.url).pathname.split('/').at(index) ?? '');

/** A part of a path, decoded. @throws {AppError} `bad-request` as above */
export function decodedPart(part: string): string {
  try {
    const text = decodeURIComponent(part);
    if (!text.includes('\0')) return text;
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  throw new AppError('bad-request', 'The address is not well-formed: a part of it is no UTF-8.');
}
