/** The dashboard's log: one line of JSON each, on stderr. Secrets are left out, wherever they stand. */
import pino, { type DestinationStream, type Logger } from 'pino';

const secretName = /token|secret|password|authorization|cookie|credential|plaintext|privatekey/i;
const censored = '[left out]';
const depthMax = 6;

/** Texts that have the form of a secret: a URL's password, a bearer token, 32 bytes as hex or base64, a PEM's body. */
const secretTexts: readonly [pattern: RegExp, kept: string][] = [
  [/(\b[a-z][\w+.-]*:\/\/[^\s:/@]*:)[^\s@]+@/gi, `$1${censored}@`],
  [/(\bBearer\s+)[\w.~+/=-]+/gi, `$1${censored}`],
  [/(\b(?:password|secret|token)\s*[=:]\s*)\S+/gi, `$1${censored}`],
  [/\b[0-9a-f]{64}\b/gi, censored],
  [/(?<![\w+/])[\w+/]{43}=(?!=)/g, censored],
  [/(-----BEGIN [A-Z ]+-----)[^-]+/g, `$1${censored}`],
];

/** A text without its secrets. */
const withoutSecrets = (text: string): string =>
  secretTexts.reduce((told, [pattern, kept]) => told.replace(pattern, kept), text);

/** A value as it may be logged: without fields that are named as secrets, bytes, and what is nested deeply. */
function loggable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= depthMax || ArrayBuffer.isView(value)) return censored;
  if (value instanceof Error) {
    const { name, message, stack = '', cause } = value;
    const told = { name, message, stack, ...(cause !== undefined && { cause }) };
    return loggable(told, depth);
  }
  if (Array.isArray(value)) return value.map((item) => loggable(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      secretName.test(name) ? censored : loggable(field, depth + 1),
    ]),
  );
}

/** @param to where its lines go */
export const createLog = (to: DestinationStream = process.stderr): Logger =>
  pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(words, method) {
          const [given, text] = words;
          method.apply(this, [loggable(given), text === undefined ? text : withoutSecrets(text)]);
        },
      },
    },
    to,
  );

export const log = createLog();
