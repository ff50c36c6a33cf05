/** The closed set of faults the application reports; README "Errors" says what each means and what to do. */
export type AppErrorCode =
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'too-large'
  | 'conflict'
  | 'in-use'
  | 'unavailable'
  | 'unsupported'
  | 'internal';

/** An error whose message may be shown: it names what is wrong and what to do, and holds no secret. */
export class AppError extends Error {
  readonly code: AppErrorCode;

  constructor(code: AppErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
  }

  /** By name: the dashboard's bundles for pages and for routes each have this class, and share what throws it. */
  static override [Symbol.hasInstance](thrown: unknown): boolean {
    return thrown instanceof Error && thrown.name === 'AppError';
  }
}
