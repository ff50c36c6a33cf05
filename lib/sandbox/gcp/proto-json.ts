import type { fromProto3JSON } from 'proto3-json-serializer';
import { GcpFault } from './gcp-fault.ts';

type JsonObject = Extract<Parameters<typeof fromProto3JSON>[1], { [key: string]: unknown }>;

/** A text as protobuf's JSON takes it. @throws {GcpFault} where the text is no JSON object */
export function jsonObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {}
  throw new GcpFault('invalidArgument', 'Invalid JSON payload received.');
}
