import type { Runtime } from './runtime.ts';

/** Eight characters of `a-z0-9`, different at every start of the process. */
export function bootId(runtime: Runtime): string {
  const bytes = Buffer.alloc(8);
  runtime.fill(bytes);
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('');
}
