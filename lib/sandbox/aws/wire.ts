/** AWS JSON 1.1: targets, and members that are bytes here and base64 on the wire. */
import type { AwsService } from './api.ts';
import { AwsFault } from './aws-fault.ts';

const services: Readonly<Record<string, AwsService>> = {
  TrentService: 'kms',
  CloudTrail_20131101: 'cloudtrail',
};

const byteMembers = ['Plaintext', 'CiphertextBlob'];
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Service and operation that an `X-Amz-Target` names; null where the service is not one of ours.
 */
export function parseTarget(
  target: string | undefined,
): { service: AwsService; operation: string } | null {
  const [prefix = '', operation = '', rest] = (target ?? '').split('.');
  const service = Object.hasOwn(services, prefix) ? services[prefix] : undefined;
  if (!service || !/^[A-Za-z]{1,64}$/.test(operation) || rest !== undefined) return null;
  return { service, operation };
}

/** A request body, with its byte members decoded. `SerializationException` where it is not one. */
export function decodeInput(body: Uint8Array): Record<string, unknown> {
  const input = parseObject(Buffer.from(body).toString('utf8'));
  for (const name of byteMembers) {
    const value = input[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string' || !base64.test(value)) {
      throw new AwsFault('SerializationException', `${name} must be base64`);
    }
    input[name] = Buffer.from(value, 'base64');
  }
  return input;
}

/** A response body, its bytes as base64; empty where the operation answers with nothing. */
export function encodeOutput(output: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(output).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  ]);
  return members.length === 0 ? '' : JSON.stringify(Object.fromEntries(members));
}

export function encodeFault({ code, message }: AwsFault): string {
  return JSON.stringify({ __type: code, ...(message === '' ? {} : { message }) });
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AwsFault('SerializationException', 'The request body is not a JSON object.');
  }
  return { ...value };
}
