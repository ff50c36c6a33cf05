import { AwsFault } from './aws-fault.ts';

type Input = Readonly<Record<string, unknown>>;

const memberOf = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

/** AWS's words for a request member outside its bounds. */
export function constraintFault(name: string, constraint: string): AwsFault {
  const member = `Value at '${memberOf(name)}' failed to satisfy constraint: ${constraint}`;
  return new AwsFault('ValidationException', `1 validation error detected: ${member}`);
}

function missing(name: string): AwsFault {
  const member = `Value null at '${memberOf(name)}' failed to satisfy constraint`;
  const message = `1 validation error detected: ${member}: Member must not be null`;
  return new AwsFault('ValidationException', message);
}

const wrongType = (name: string, wanted: string) =>
  new AwsFault('SerializationException', `${name} must be ${wanted}`);

/** An optional string member. */
export function optionalMember(input: Input, name: string): string | undefined {
  const value = input[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') throw wrongType(name, 'a string');
  return value;
}

export function requiredText(input: Input, name: string): string {
  const value = optionalMember(input, name);
  if (value === undefined) throw missing(name);
  if (value === '' || value.length > 2048) {
    throw constraintFault(name, 'Member must have length between 1 and 2048');
  }
  return value;
}

export function optionalNumber(input: Input, name: string): number | undefined {
  const value = input[name] ?? undefined;
  if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value))) {
    throw wrongType(name, 'a number');
  }
  return value;
}

export function optionalFlag(input: Input, name: string): boolean {
  const value = input[name] ?? false;
  if (typeof value !== 'boolean') throw wrongType(name, 'a boolean');
  return value;
}

/** A list of objects, empty where absent. */
export function objectList(input: Input, name: string): Readonly<Record<string, unknown>>[] {
  const value = input[name] ?? [];
  if (!Array.isArray(value)) throw wrongType(name, 'a list');
  return value.map((item) => {
    if (typeof item !== 'object' || item === null) throw wrongType(name, 'a list of structures');
    return item;
  });
}

export function requiredBytes(input: Input, name: string, lengthMax: number): Uint8Array {
  const value = input[name] ?? undefined;
  if (value === undefined) throw missing(name);
  if (!(value instanceof Uint8Array)) throw wrongType(name, 'bytes');
  if (value.length === 0) {
    throw constraintFault(name, 'Member must have length greater than or equal to 1');
  }
  if (value.length > lengthMax) {
    throw constraintFault(name, `Member must have length less than or equal to ${lengthMax}`);
  }
  return value;
}

/** A map of strings, copied so that a later change by the caller cannot reach what is logged. */
export function textMap(input: Input, name: string): Record<string, string> | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongType(name, 'a map');
  }
  const copy: Record<string, string> = {};
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw wrongType(name, 'a map of strings');
    copy[key] = text;
  }
  return copy;
}
