/** Our description of `AuditLog` against bytes that googleapis' own `audit_log.proto` made. */
import { fromProto3JSON, toProto3JSON } from 'proto3-json-serializer';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { auditLogDescription } from '../../lib/domain/google-audit-log.ts';

const bytes = Buffer.from(
  [
    'EgYIBxICbm8aHQoFYUBiLmNCFHNlcnZpY2VBY2NvdW50OmFAYi5jIiEKB3ByaXZhdGUSAXU6E0oLCKXr3MoGEJWa7zpiAmt0agA6',
    'F2Nsb3Vka21zLmdvb2dsZWFwaXMuY29tQgdEZWNyeXB0ShIKAXISAXAYASoGCgFzEgFuOANaLnByb2plY3RzL3AvbG9jYXRpb25z',
    'L2wva2V5UmluZ3Mvci9jcnlwdG9LZXlzL2uCAToKDAoFQHR5cGUSAxoBeAoLCgRuYW1lEgMaAW4KHQoEbGlzdBIVMhMKCREAAAAA',
    'AADwPwoCCAAKAiABkgExCi8KB2VudHJpZXMSJCoiCiAKF2NhbGxlcl9wcm92aWRlZF9jb250ZXh0EgUaA2djc6IBBAoCZXU=',
  ].join(''),
  'base64',
);

const entry = {
  serviceName: 'cloudkms.googleapis.com',
  methodName: 'Decrypt',
  resourceName: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
  status: { code: 7, message: 'no' },
  authenticationInfo: { principalEmail: 'a@b.c', principalSubject: 'serviceAccount:a@b.c' },
  authorizationInfo: [
    {
      resource: 'r',
      permission: 'p',
      granted: true,
      permissionType: 'DATA_READ',
      resourceAttributes: { service: 's', name: 'n' },
    },
  ],
  requestMetadata: {
    callerIp: 'private',
    callerSuppliedUserAgent: 'u',
    requestAttributes: { time: '2026-01-02T03:04:05.123456789Z', reason: 'kt', auth: {} },
  },
  request: { '@type': 'x', name: 'n', list: [1, null, true] },
  metadata: { entries: { caller_provided_context: 'gcs' } },
  resourceLocation: { currentLocations: ['eu'] },
};

test('an audit entry is read from the bytes that Google writes, and written as the same bytes', () => {
  const type = protobuf.Root.fromJSON(auditLogDescription).lookupType(
    'google.cloud.audit.AuditLog',
  );
  expect(toProto3JSON(type.decode(bytes))).toEqual(entry);
  const written = fromProto3JSON(type, entry);
  expect(written && toProto3JSON(type.decode(type.encode(written).finish()))).toEqual(entry);
});
