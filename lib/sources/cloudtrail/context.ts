import { type Fields, field, object } from './fields.ts';

const namesMax = 32;
const nameLengthMax = 256;
const valueLengthMax = 1024;

/**
 * The encryption context as pairs in the order of their names, so that equal contexts are equal
 * lists; null where there is none. What is not text is none of KMS's.
 */
export function readContext(
  parameters: Fields | null,
): readonly (readonly [string, string])[] | null {
  const given =
    object(field(parameters, 'encryptionContext')) ??
    object(field(parameters, 'sourceEncryptionContext'));
  if (given === null) return null;
  const pairs = Object.entries(given)
    .flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' ? [[cut(name, nameLengthMax), cut(value, valueLengthMax)]] : [],
    )
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .slice(0, namesMax);
  return pairs.length === 0 ? null : pairs;
}

/** PostgreSQL text holds no NUL. */
function cut(text: string, lengthMax: number): string {
  return text.slice(0, lengthMax).toWellFormed().replaceAll('\0', '\uFFFD');
}
