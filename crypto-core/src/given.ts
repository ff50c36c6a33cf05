/** Checks and parses what callers pass, once, at the public edge. */
import { encodeContext } from './context.ts';
import { type Envelope, splitEnvelope } from './envelope.ts';
import type { Operation } from './lookup.ts';
import type { Scope } from './telemetry/port.ts';

export const plaintextBytesMax = 2 ** 30;
/** The longest body with the longest header. */
const envelopeBytesMax = plaintextBytesMax + 2 ** 14;
/** For a new workspace; one that has data already may have as many characters. */
export const workspaceBytesMax = 256;
const tagBytesMax = 256;

/** What an envelope belongs to. All of it is authenticated, and none of it is stored in the envelope. */
export interface Binding {
  /** 1 to 256 characters; a new one also at most 256 bytes, without control characters. */
  workspace: string;
  /** The caller's own context: strings only, at most 63 entries and 64 KiB. Default none. */
  context?: Readonly<Record<string, string>>;
  /** Aborting it ends this operation's wait with code `aborted`. A KMS call that others share goes on. */
  signal?: AbortSignal;
}

const bindingNames: ReadonlySet<string> = new Set(['workspace', 'context', 'signal']);
const messageNames: ReadonlySet<string> = new Set(['workspace', 'tag', 'signal']);
const signalNames: ReadonlySet<string> = new Set(['signal']);

/** Parses an operation outside any message. @throws {TypeError} {RangeError} that names the fault */
export function parseBinding(binding: Binding): Operation {
  checkNames('binding', binding, bindingNames);
  const { workspace, context, signal } = binding;
  return operationOf(checkedWorkspace(workspace), 'outside', undefined, signal, context);
}

/** Parses what the caller says about a message. @throws {TypeError} that names the fault */
export function parseMessage(about: { workspace: string; tag?: string; signal?: AbortSignal }) {
  checkNames('message', about, messageNames);
  const { tag } = about;
  if (tag !== undefined && !isPlainText(tag, tagBytesMax)) {
    throw new TypeError(
      `tag must be at most ${tagBytesMax} bytes of text without control characters`,
    );
  }
  const signal = checkedSignal(about.signal);
  return { workspace: checkedWorkspace(about.workspace), tag, signal };
}

/** Parses an operation of a message. @throws {TypeError} {RangeError} that names the fault */
export function parseOfMessage(
  message: ReturnType<typeof parseMessage>,
  context: Binding['context'],
  options: { signal?: AbortSignal } | undefined,
): Operation {
  if (options !== undefined) checkNames('options', options, signalNames);
  const { workspace, tag } = message;
  return operationOf(workspace, 'message', tag, options?.signal ?? message.signal, context);
}

/** The operation, with its own signal if one is given. @throws {TypeError} */
export function withSignal(operation: Operation, options?: { signal?: AbortSignal }): Operation {
  if (options === undefined) return operation;
  checkNames('options', options, signalNames);
  return { ...operation, signal: checkedSignal(options.signal) ?? operation.signal };
}

function operationOf(
  workspace: string,
  scope: Scope,
  tag: string | undefined,
  signal: unknown,
  context: Binding['context'],
): Operation {
  const encoded = encodeContext(workspace, context);
  const checked = checkedSignal(signal);
  return { workspace, scope, tag, signal: checked, context: encoded, recent: undefined };
}

/** @throws {TypeError} */
export function checkedWorkspace(workspace: unknown): string {
  if (typeof workspace !== 'string' || workspace.length < 1 || workspace.length > 256)
    throw new TypeError('workspace must be a string of 1 to 256 characters');
  if (!workspace.isWellFormed()) throw new TypeError('workspace must be a well-formed string');
  return workspace;
}

/** @throws {TypeError} */
function checkedSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError('signal must be an AbortSignal');
}

/** Refuses unknown names: a misspelt `context` would be ignored, and bind nothing. @throws {TypeError} */
export function checkNames(what: string, given: object, known: ReadonlySet<string>): void {
  if (typeof given !== 'object' || given === null) throw new TypeError(`${what} must be an object`);
  for (const name in given)
    if (!known.has(name)) throw new TypeError(`${what}.${name.slice(0, 64)} is no option`);
}

/** Whether it is text that can be shown, compared and stored anywhere. */
export function isPlainText(text: unknown, bytesMax: number): text is string {
  if (typeof text !== 'string' || text.length < 1 || text.length > bytesMax) return false;
  return (
    text.isWellFormed() &&
    Buffer.byteLength(text) <= bytesMax &&
    !/[\p{Cc}\u2028\u2029]/u.test(text)
  );
}

/** Parses an envelope, except its key URI. @throws {TypeError} {RangeError} {CryptoCoreError} */
export function parseGiven(envelope: Uint8Array): Envelope {
  if (!(envelope instanceof Uint8Array)) throw new TypeError('envelope must be a Uint8Array');
  if (envelope.length > envelopeBytesMax)
    throw new RangeError(`envelope may be at most ${envelopeBytesMax} bytes`);
  return splitEnvelope(envelope);
}
