import { AppError } from '../../domain/app-error.ts';

// Rides in the URL, so that whoever is handed only that knows that all clients share one session.
const embeddedName = 'keytide-embedded';

/** The URL of an embedded database whose socket lies in `socketDir`. */
export function embeddedUrl(socketDir: string): string {
  const options = new URLSearchParams({
    host: socketDir,
    application_name: embeddedName,
    sslmode: 'disable',
  });
  return `postgresql://postgres@localhost:5432/postgres?${options}`;
}

/** The directory of the embedded database's socket; null where the URL names a server. */
export function embeddedSocketDir(url: string): string | null {
  const options = URL.canParse(url) ? new URL(url).searchParams : null;
  return options?.get('application_name') === embeddedName ? options.get('host') : null;
}

/** Where a database is, for messages: never the user, the password or an option. */
export function placeOf(url: string): string {
  const socketDir = embeddedSocketDir(url);
  if (socketDir !== null) return socketDir;
  if (!URL.canParse(url)) return 'the given address';
  const { host, pathname, searchParams } = new URL(url);
  return `${searchParams.get('host') ?? host}${pathname}`;
}

/** The error for a database that does not answer; `cause` is what the driver said. */
export function unreachable(url: string, cause: unknown): AppError {
  const advice =
    embeddedSocketDir(url) === null
      ? 'Check DATABASE_URL and that the server runs.'
      : 'Start keytide on that data directory again.';
  return new AppError(
    'unavailable',
    `The database at ${placeOf(url)} cannot be reached: ${reasonOf(cause)}. ${advice}`,
    { cause },
  );
}

function reasonOf(cause: unknown): string {
  // Connecting to a name with several addresses fails with one error for each and no message of its
  // own.
  const inner = cause instanceof AggregateError ? cause.errors[0] : cause;
  const text = inner instanceof Error ? inner.message : String(inner);
  return text.split('\n')[0]?.replace(/\.$/, '') || 'no reason given';
}
