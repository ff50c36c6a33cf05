/** Cloud Logging over gRPC, with entries that no SDK would write. */
import { setTimeout as wait } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { OAuth2Client } from 'google-auth-library';
import { fromProto3JSON } from 'proto3-json-serializer';
import protobuf from 'protobufjs';
import { auditLogDescription, auditLogTypeUrl } from '../../lib/domain/google-audit-log.ts';
import { GcpFault } from '../../lib/sandbox/gcp/gcp-fault.ts';
import { startGrpc } from '../../lib/sandbox/gcp/grpc-wire.ts';
import { loggingTypes } from '../../lib/sandbox/gcp/logging-service.ts';
import { cloudLoggingReader } from '../../lib/sources/gcp-logging/entries-reader.ts';
import { nextOf, pagesMax, patience, patient, type Served, type Wire } from './log-wire.ts';
import { cloudLogging } from './wire-records.ts';

const auditLog = protobuf.Root.fromJSON(auditLogDescription).lookupType(
  'google.cloud.audit.AuditLog',
);

/** `{inner: {inner: …}}` in protobuf's own bytes: its writer refuses so many levels. */
function nestedStruct(depth: number): Buffer {
  const field = (tag: number, bytes: Buffer) =>
    Buffer.concat([
      Buffer.from([tag]),
      protobuf.Writer.create().uint32(bytes.length).finish(),
      bytes,
    ]);
  let struct = Buffer.alloc(0);
  for (let level = 0; level < depth; level += 1)
    struct = field(
      0x0a,
      Buffer.concat([field(0x0a, Buffer.from('inner')), field(0x12, field(0x2a, struct))]),
    );
  return struct;
}

/** The payload with a request of so many levels, the field after its others. */
function withNested(payload: Uint8Array, depth: number): Uint8Array {
  if (depth === 0) return payload;
  const request = protobuf.Writer.create()
    .uint32((16 << 3) | 2)
    .bytes(nestedStruct(depth));
  return Buffer.concat([payload, request.finish()]);
}

/** An entry as gRPC carries it; of half a record the payload breaks off. */
function entryOf(text: string) {
  const isHalf = text === 'half';
  const { protoPayload, timestamp, receiveTimestamp, depth, ...rest } = JSON.parse(
    isHalf ? cloudLogging(0) : text,
  );
  const { '@type': _, ...payload } = protoPayload;
  const message = fromProto3JSON(auditLog, payload);
  if (message === null) throw new TypeError('no payload');
  const time = (given: string) => ({
    seconds: Math.floor(Date.parse(given) / 1000),
    nanos: 123_456_789,
  });
  const bytes = withNested(auditLog.encode(message).finish(), depth ?? 0);
  // Within a field, whichever they are.
  const value = bytes.subarray(0, isHalf ? bytes.length - 3 : bytes.length);
  return {
    ...rest,
    severity: 0,
    timestamp: time(timestamp),
    receiveTimestamp: time(receiveTimestamp),
    protoPayload: { type_url: auditLogTypeUrl, value },
  };
}

const faults = new Map<number, ConstructorParameters<typeof GcpFault>[0]>([
  [401, 'unauthenticated'],
  [403, 'permissionDenied'],
  [404, 'notFound'],
  [429, 'resourceExhausted'],
]);

export async function overGrpc(served: Served): Promise<Wire> {
  const { troubles = [] } = served;
  const types = loggingTypes();
  const server = await startGrpc(types, async (call) => {
    const trouble = troubles.shift();
    if (trouble === 'never') return new Promise(() => {});
    if (trouble === 'slow') await wait(300);
    if (trouble === 'half' || trouble === 'reset') return 'reset';
    if (typeof trouble === 'object' && trouble !== null)
      return { fault: new GcpFault(faults.get(trouble.status) ?? 'internal', 'No.') };
    const { pageToken } = call.request();
    const page = Number(pageToken || 0);
    const next = nextOf(served, page).NextToken;
    const entries = served.texts.map(entryOf);
    return { message: { entries, ...(next !== undefined && { nextPageToken: next }) } };
  });
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: 't', expiry_date: Number.MAX_SAFE_INTEGER });
  const reader = cloudLoggingReader({
    ...{ ...patient, ...patience(served), pagesMax, pageIntervalMs: 0, project: 'acme' },
    client: {
      ...{ apiEndpoint: '127.0.0.1', port: server.port, authClient },
      sslCreds: credentials.createInsecure(),
    },
  });
  return {
    reader,
    close: async () => {
      reader.close();
      await server.close();
    },
  };
}
