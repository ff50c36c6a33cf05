/** The file by which its user's commands find and control the sandbox of a data directory; nobody else can read it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const shape = z.object({ url: z.url(), token: z.string().min(16) });
export type SandboxControl = z.infer<typeof shape>;

export const sandboxDir = (dataDir: string): string => join(dataDir, 'sandbox');

const pathIn = (dataDir: string): string => join(sandboxDir(dataDir), 'control.json');

export function writeControlFile(dataDir: string, control: SandboxControl): void {
  mkdirSync(sandboxDir(dataDir), { recursive: true, mode: 0o700 });
  // An existing file would keep its own mode.
  removeControlFile(dataDir);
  writeFileSync(pathIn(dataDir), JSON.stringify(control), { mode: 0o600, flag: 'wx' });
}

export function removeControlFile(dataDir: string): void {
  rmSync(pathIn(dataDir), { force: true });
}

/** Null where no sandbox left one; a sandbox that crashed leaves one too. */
export function readControlFile(dataDir: string): SandboxControl | null {
  try {
    return shape.parse(JSON.parse(readFileSync(pathIn(dataDir), 'utf8')));
  } catch {
    return null;
  }
}
