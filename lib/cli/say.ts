import { terminalLine } from '../shared/escape.ts';

/** One line to whoever runs the command; data goes to stdout, this to stderr. */
export function say(message: string): void {
  process.stderr.write(`keytide: ${terminalLine(message)}\n`);
}
