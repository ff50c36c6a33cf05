import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../domain/app-error.ts';

const othersMask = 0o077;

/**
 * The ingest token of this data directory, made at its first start and readable by its owner only.
 * @throws {AppError} where the file holds none, or others may read it.
 */
export function keptToken(dataDir: string): string {
  const path = join(dataDir, 'ingest-token');
  const found = readIfThere(path);
  if (found !== null) return checked(found, path);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const token = randomBytes(24).toString('base64url');
  writeFileSync(path, `${token}\n`, { mode: 0o600 });
  return token;
}

function checked(text: string, path: string): string {
  const token = text.trim();
  // What a header can carry, and long enough that nobody guesses it.
  if (!/^[\x21-\x7e]{16,512}$/.test(token))
    throw new AppError(
      'bad-request',
      `${path} holds no token: write one of 16 to 512 characters without blanks, or delete the file.`,
    );
  if (process.platform !== 'win32' && (statSync(path).mode & othersMask) !== 0)
    throw new AppError(
      'forbidden',
      `${path} may be read by others: run chmod 600 on it, or delete it to have a new token made.`,
    );
  return token;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
