/** Values of requests as protobuf gives them. */
import { crc32c } from '@aws-crypto/crc32c';
import { GcpFault } from './gcp-fault.ts';
import type { Message } from './methods.ts';

export function bytesOf(request: Message, field: string): Buffer {
  const value = request[field];
  return value instanceof Uint8Array ? Buffer.from(value) : Buffer.alloc(0);
}

/** Whether the request carries a checksum of these bytes. @throws {GcpFault} where it does not match */
export function checkSum(request: Message, field: string, bytes: Uint8Array): boolean {
  const given = numberIn(request[field], 'value');
  if (given === undefined) return false;
  if (given === crc32c(bytes)) return true;
  const name = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  throw new GcpFault('invalidArgument', `The checksum in field ${name} did not match the data.`);
}

/** Of a `Duration`, milliseconds. */
export function durationMs(value: unknown): number | undefined {
  const seconds = numberIn(value, 'seconds');
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Of a `Timestamp`, epoch milliseconds. */
export function timestampMs(value: unknown): number | undefined {
  const seconds = numberIn(value, 'seconds');
  const nanos = numberIn(value, 'nanos') ?? 0;
  return seconds === undefined ? undefined : seconds * 1000 + Math.floor(nanos / 1_000_000);
}

/** A number in a message; where the message is there without it, protobuf means 0. */
function numberIn(message: unknown, field: string): number | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  return Number(Reflect.get(message, field) ?? 0);
}
