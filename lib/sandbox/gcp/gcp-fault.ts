/** Status codes of gRPC that Cloud KMS answers with, and their HTTP statuses. */
export const codes = {
  cancelled: { code: 1, name: 'CANCELLED', http: 499 },
  invalidArgument: { code: 3, name: 'INVALID_ARGUMENT', http: 400 },
  deadlineExceeded: { code: 4, name: 'DEADLINE_EXCEEDED', http: 504 },
  notFound: { code: 5, name: 'NOT_FOUND', http: 404 },
  alreadyExists: { code: 6, name: 'ALREADY_EXISTS', http: 409 },
  permissionDenied: { code: 7, name: 'PERMISSION_DENIED', http: 403 },
  resourceExhausted: { code: 8, name: 'RESOURCE_EXHAUSTED', http: 429 },
  failedPrecondition: { code: 9, name: 'FAILED_PRECONDITION', http: 400 },
  unimplemented: { code: 12, name: 'UNIMPLEMENTED', http: 501 },
  internal: { code: 13, name: 'INTERNAL', http: 500 },
  unavailable: { code: 14, name: 'UNAVAILABLE', http: 503 },
  unauthenticated: { code: 16, name: 'UNAUTHENTICATED', http: 401 },
} as const;

export type GcpStatus = keyof typeof codes;

/** What explains an error to a program: an `ErrorInfo`, or the violation of a precondition. */
export interface GcpErrorDetails {
  reason?: string;
  violation?: { type: string; subject: string };
}

/** An error as Cloud KMS gives it. */
export class GcpFault extends Error {
  readonly status: GcpStatus;
  readonly details: GcpErrorDetails;

  constructor(status: GcpStatus, message: string, details: GcpErrorDetails = {}) {
    super(message);
    this.name = 'GcpFault';
    this.status = status;
    this.details = details;
  }
}
