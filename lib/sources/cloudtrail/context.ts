import { isClean } from '../bounded-text.ts';
import { type Fields, field, object, text } from './fields.ts';

const namesMax = 32;
const nameLengthMax = 256;
const valueLengthMax = 1024;

/**
 * The encryption context as pairs in the order of their names, so that equal contexts are equal
 * lists; null where there is none, empty where the record is of a table without the request. What
 * is not text is none of KMS's.
 */
export function readContext(event: Fields): readonly (readonly [string, string])[] | null {
  // Nor does anybody know what a text says that is not understood.
  if (!('requestParameters' in event) || text(event, 'requestParameters') !== null) return [];
  const parameters = object(field(event, 'requestParameters'));
  const given =
    object(field(parameters, 'encryptionContext')) ??
    object(field(parameters, 'sourceEncryptionContext'));
  if (given === null) return null;
  const pairs: [string, string][] = [];
  for (const name of Object.keys(given).sort()) {
    const value = given[name];
    if (typeof value === 'string' && pairs.length < namesMax)
      pairs.push([cut(name, nameLengthMax), cut(value, valueLengthMax)]);
  }
  return pairs.length === 0 ? null : pairs;
}

/** PostgreSQL text holds no NUL. */
function cut(text: string, lengthMax: number): string {
  const short = text.length > lengthMax ? text.slice(0, lengthMax) : text;
  return isClean(short) ? short : short.toWellFormed().replaceAll('\0', '\uFFFD');
}
