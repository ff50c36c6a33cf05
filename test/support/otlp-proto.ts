/** OTLP in protobuf by protobufjs's own means, from the .proto files: the yardstick of Keytide's decoder. */
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const protoDir = fileURLToPath(new URL('../../lib/ingest/proto/', import.meta.url));

/** Every message of the .proto files, as protobufjs reads them. */
export function loadDefinitions(): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => `${protoDir}${target}`;
  root.loadSync([
    'opentelemetry/proto/collector/trace/v1/trace_service.proto',
    'opentelemetry/proto/collector/metrics/v1/metrics_service.proto',
  ]);
  root.resolveAll();
  return root;
}

const root = loadDefinitions();
const typeOf = (signal: string, name: string) =>
  root.lookupType(`opentelemetry.proto.collector.${signal}.v1.${name}`);

export const tracesRequest = typeOf('trace', 'ExportTraceServiceRequest');
export const tracesResponse = typeOf('trace', 'ExportTraceServiceResponse');
export const metricsRequest = typeOf('metrics', 'ExportMetricsServiceRequest');
export const metricsResponse = typeOf('metrics', 'ExportMetricsServiceResponse');
export const rpcStatus = protobuf
  .parse('syntax = "proto3"; message Status { int32 code = 1; string message = 2; }')
  .root.lookupType('Status');

const idNames = new Set(['traceId', 'spanId', 'parentSpanId']);

/** An OTLP JSON request as the protobuf that a sender would make of it. */
export function toProtobuf(type: protobuf.Type, request: object): Uint8Array<ArrayBuffer> {
  const withBytes: unknown = JSON.parse(JSON.stringify(request), (name, value: unknown) =>
    idNames.has(name) && typeof value === 'string' ? [...Buffer.from(value, 'hex')] : value,
  );
  if (typeof withBytes !== 'object' || withBytes === null) throw new Error('no request');
  return new Uint8Array(type.encode(type.fromObject(withBytes)).finish());
}

/** A protobuf message as JSON has it, ids apart, which stay bytes. */
export function fromProtobuf(type: protobuf.Type, bytes: Uint8Array): Record<string, unknown> {
  return type.toObject(type.decode(bytes), { longs: String });
}
