/** Cloud KMS's messages, from the SDK's own description of them, and the part of IAM's that the sandbox needs. */
import { createRequire } from 'node:module';
import protobuf from 'protobufjs';
import { protoMessage as message } from '../../domain/proto-message.ts';
import type { GcpErrorDetails } from './gcp-fault.ts';
import type { Message, Method } from './methods.ts';
import { methodNames, specOf } from './methods.ts';

const require = createRequire(import.meta.url);
const kmsRoot = protobuf.Root.fromJSON(require('@google-cloud/kms/build/protos/protos.json'));

const ownRoot = protobuf.Root.fromJSON({
  nested: {
    Binding: message({ role: ['string', 1], members: ['string', 2, 'repeated'] }),
    Policy: message({
      version: ['int32', 1],
      etag: ['bytes', 3],
      bindings: ['Binding', 4, 'repeated'],
    }),
    SetIamPolicyRequest: message({ resource: ['string', 1], policy: ['Policy', 2] }),
    GetIamPolicyRequest: message({ resource: ['string', 1] }),
    TestIamPermissionsRequest: message({
      resource: ['string', 1],
      permissions: ['string', 2, 'repeated'],
    }),
    TestIamPermissionsResponse: message({ permissions: ['string', 1, 'repeated'] }),
    ErrorInfo: message({ reason: ['string', 1], domain: ['string', 2] }),
    Violation: message({ type: ['string', 1], subject: ['string', 2], description: ['string', 3] }),
    PreconditionFailure: message({ violations: ['Violation', 1, 'repeated'] }),
    Any: message({ type_url: ['string', 1], value: ['bytes', 2] }),
    Status: message({
      code: ['int32', 1],
      message: ['string', 2],
      details: ['Any', 3, 'repeated'],
    }),
  },
});

/** What a method takes and gives. */
export interface MethodTypes {
  path: string;
  request: protobuf.Type;
  response: protobuf.Type;
}

export function typesOf(method: Method): MethodTypes {
  if (specOf(method).service === 'iam')
    return {
      path: `/google.iam.v1.IAMPolicy/${method}`,
      request: ownRoot.lookupType(`${method}Request`),
      response: ownRoot.lookupType(
        method === 'TestIamPermissions' ? 'TestIamPermissionsResponse' : 'Policy',
      ),
    };
  const service = kmsRoot.lookupService('google.cloud.kms.v1.KeyManagementService');
  const described = service.methods[method];
  described?.resolve();
  if (!described?.resolvedRequestType || !described.resolvedResponseType)
    throw new Error(`the SDK describes no ${method}`);
  return {
    path: `/google.cloud.kms.v1.KeyManagementService/${method}`,
    request: described.resolvedRequestType,
    response: described.resolvedResponseType,
  };
}

/** All methods that Cloud KMS and IAM are called by. */
export const kmsTypes = (): ReadonlyMap<string, MethodTypes> =>
  new Map(methodNames.map((method) => [method, typesOf(method)]));

/** A message as the cloud takes it. */
export const plainMessage = (type: protobuf.Type, decoded: protobuf.Message): Message =>
  type.toObject(decoded, { longs: Number, bytes: Buffer, enums: String });

const typeUrl = (name: string) => `type.googleapis.com/google.rpc.${name}`;

/** Details as JSON has them over REST. */
export function jsonDetails({ reason, violation }: GcpErrorDetails): Message[] {
  const domain = 'cloudkms.googleapis.com';
  return [
    ...(reason === undefined ? [] : [{ '@type': typeUrl('ErrorInfo'), reason, domain }]),
    ...(violation === undefined
      ? []
      : [{ '@type': typeUrl('PreconditionFailure'), violations: [violation] }]),
  ];
}

/** The `grpc-status-details-bin` of an error. */
export function statusDetails(status: {
  code: number;
  message: string;
  details: GcpErrorDetails;
}): Buffer {
  const details = jsonDetails(status.details).map(({ '@type': type_url, ...fields }) => {
    const type = ownRoot.lookupType(String(type_url).slice(typeUrl('').length));
    return { type_url, value: type.encode(type.fromObject(fields)).finish() };
  });
  const type = ownRoot.lookupType('Status');
  return Buffer.from(type.encode(type.fromObject({ ...status, details })).finish());
}
