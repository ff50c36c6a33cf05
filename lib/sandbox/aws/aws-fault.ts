/** An error as the service gives it. `message` is empty where the real service sends none. */
export class AwsFault extends Error {
  readonly code: string;
  readonly httpStatus: number;
  /** Filled in by the cloud or the server when the request it answers is known. */
  requestId = '';

  constructor(code: string, message: string, httpStatus = 400) {
    super(message);
    this.name = 'AwsFault';
    this.code = code;
    this.httpStatus = httpStatus;
  }
}
