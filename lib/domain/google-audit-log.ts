/**
 * `google.cloud.audit.AuditLog` as protobufjs takes it (`Root.fromJSON`): no installed package describes it, and Cloud
 * Logging's client hands its bytes on undecoded. Names and numbers are those of googleapis; of what Cloud KMS never
 * writes (policy violations, third parties, `serviceData`) nothing is here.
 */
import { protoMessage as message } from './proto-message.ts';

/** The `type_url` of such a payload. */
export const auditLogTypeUrl = 'type.googleapis.com/google.cloud.audit.AuditLog';

const struct = 'google.protobuf.Struct';
const timestamp = 'google.protobuf.Timestamp';

const audit = {
  AuditLog: message({
    status: ['google.rpc.Status', 2],
    authenticationInfo: ['AuthenticationInfo', 3],
    requestMetadata: ['RequestMetadata', 4],
    serviceName: ['string', 7],
    methodName: ['string', 8],
    authorizationInfo: ['AuthorizationInfo', 9, 'repeated'],
    resourceName: ['string', 11],
    numResponseItems: ['int64', 12],
    request: [struct, 16],
    response: [struct, 17],
    metadata: [struct, 18],
    resourceOriginalState: [struct, 19],
    resourceLocation: ['ResourceLocation', 20],
  }),
  AuthenticationInfo: message({
    principalEmail: ['string', 1],
    authoritySelector: ['string', 2],
    thirdPartyPrincipal: [struct, 4],
    serviceAccountKeyName: ['string', 5],
    serviceAccountDelegationInfo: ['ServiceAccountDelegationInfo', 6, 'repeated'],
    principalSubject: ['string', 8],
  }),
  ServiceAccountDelegationInfo: message({
    firstPartyPrincipal: ['FirstPartyPrincipal', 1],
    principalSubject: ['string', 3],
  }),
  FirstPartyPrincipal: message({ principalEmail: ['string', 1], serviceMetadata: [struct, 2] }),
  AuthorizationInfo: message({
    resource: ['string', 1],
    permission: ['string', 2],
    granted: ['bool', 3],
    resourceAttributes: ['google.rpc.context.Resource', 5],
    permissionType: ['PermissionType', 7],
  }),
  PermissionType: {
    values: {
      PERMISSION_TYPE_UNSPECIFIED: 0,
      ADMIN_READ: 1,
      ADMIN_WRITE: 2,
      DATA_READ: 3,
      DATA_WRITE: 4,
    },
  },
  RequestMetadata: message({
    callerIp: ['string', 1],
    callerSuppliedUserAgent: ['string', 2],
    callerNetwork: ['string', 3],
    requestAttributes: ['google.rpc.context.Request', 7],
    destinationAttributes: ['google.rpc.context.Peer', 8],
  }),
  ResourceLocation: message({
    currentLocations: ['string', 1, 'repeated'],
    originalLocations: ['string', 2, 'repeated'],
  }),
};

/** Parts of `AttributeContext`, which in googleapis are nested in it. */
const context = {
  Request: message({
    id: ['string', 1],
    method: ['string', 2],
    path: ['string', 4],
    host: ['string', 5],
    scheme: ['string', 6],
    query: ['string', 7],
    time: [timestamp, 9],
    size: ['int64', 10],
    protocol: ['string', 11],
    reason: ['string', 12],
    auth: ['Auth', 13],
    origin: ['string', 14],
  }),
  Auth: message({
    principal: ['string', 1],
    audiences: ['string', 2, 'repeated'],
    presenter: ['string', 3],
    claims: [struct, 4],
    accessLevels: ['string', 5, 'repeated'],
  }),
  Peer: message({
    ip: ['string', 1],
    port: ['int64', 2],
    principal: ['string', 7],
    regionCode: ['string', 8],
  }),
  Resource: message({
    service: ['string', 1],
    name: ['string', 2],
    type: ['string', 3],
    uid: ['string', 5],
    displayName: ['string', 7],
    createTime: [timestamp, 8],
    location: ['string', 12],
  }),
};

const wellKnown = {
  Struct: { fields: { fields: { keyType: 'string', type: 'Value', id: 1 } } },
  Value: {
    oneofs: {
      kind: {
        oneof: ['nullValue', 'numberValue', 'stringValue', 'boolValue', 'structValue', 'listValue'],
      },
    },
    ...message({
      nullValue: ['NullValue', 1],
      numberValue: ['double', 2],
      stringValue: ['string', 3],
      boolValue: ['bool', 4],
      structValue: ['Struct', 5],
      listValue: ['ListValue', 6],
    }),
  },
  NullValue: { values: { NULL_VALUE: 0 } },
  ListValue: message({ values: ['Value', 1, 'repeated'] }),
  Timestamp: message({ seconds: ['int64', 1], nanos: ['int32', 2] }),
  Any: message({ type_url: ['string', 1], value: ['bytes', 2] }),
};

/** Look up `google.cloud.audit.AuditLog` in the root that this makes. */
export const auditLogDescription = {
  nested: {
    google: {
      nested: {
        cloud: { nested: { audit: { nested: audit } } },
        rpc: {
          nested: {
            context: { nested: context },
            Status: message({
              code: ['int32', 1],
              message: ['string', 2],
              details: ['google.protobuf.Any', 3, 'repeated'],
            }),
          },
        },
        protobuf: { nested: wellKnown },
      },
    },
  },
};
