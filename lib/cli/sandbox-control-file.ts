/** Where the sandbox of a data directory is ordered about by its user's own commands: a file that no other can read. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const shape = z.object({ url: z.url(), token: z.string().min(16) });
export type SandboxControl = z.infer<typeof shape>;

export const sandboxDir = (dataDir: string): string => join(dataDir, 'sandbox');

const pathIn = (dataDir: string): string => join(sandboxDir(dataDir), 'control.json');

export function writeControlFile(dataDir: string, control: SandboxControl): void {
  mkdirSync(sandboxDir(dataDir), { recursive: true, mode: 0o700 });
  // A file that is there already would keep its own mode.
  removeControlFile(dataDir);
  writeFileSync(pathIn(dataDir), JSON.stringify(control), { mode: 0o600, flag: 'wx' });
}

export function removeControlFile(dataDir: string): void {
  rmSync(pathIn(dataDir), { force: true });
}

/** Null where no sandbox has left one; one that crashed has. */
export function readControlFile(dataDir: string): SandboxControl | null {
  try {
    return shape.parse(JSON.parse(readFileSync(pathIn(dataDir), 'utf8')));
  } catch {
    return null;
  }
}
