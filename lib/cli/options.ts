import { parseInstant, parseSpan } from '../shared/instants.ts';

/** The command was used wrongly: one line, exit code 2. */
export class WrongUse extends Error {}

/** "24h" as milliseconds. @throws {WrongUse} naming the option. */
export function spanOption(name: string, value: string): number {
  const ms = parseSpan(value);
  if (ms === null) throw new WrongUse(`--${name} ${value} is no span; write 30s, 5m, 24h or 7d`);
  return ms;
}

/** @throws {WrongUse} naming the option and its bounds. */
export function countOption(
  name: string,
  value: string,
  bounds: { min: number; max: number },
): number {
  const n = Number(value);
  if (!/^\d+$/.test(value) || n < bounds.min || n > bounds.max) {
    throw new WrongUse(
      `--${name} ${value} must be a whole number from ${bounds.min} to ${bounds.max}`,
    );
  }
  return n;
}

/** @throws {WrongUse} naming the option and its choices. */
export function choiceOption<T extends string>(
  name: string,
  value: string,
  choices: readonly T[],
): T {
  const choice = choices.find((known) => known === value);
  if (choice === undefined)
    throw new WrongUse(`--${name} ${value} must be one of ${choices.join(', ')}`);
  return choice;
}

/** Epoch ms. @throws {WrongUse} naming the option. */
export function instantOption(name: string, value: string): number {
  const at = parseInstant(value);
  if (at === null) throw new WrongUse(`--${name} ${value} is no time; write 2026-11-23T14:00Z`);
  return at;
}
