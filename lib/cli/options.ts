/** The options of the command: each command has one schema, and what breaks it is one line that names the option. */
import { z } from 'zod';
import { parseInstant, parseSpan } from '../shared/instants.ts';

/** The command was used wrongly: one line, exit code 2. */
export class WrongUse extends Error {}

/** A text that `read` understands; `fault` says what to write instead. */
const readable = <T>(read: (value: string) => T | null, fault: string) =>
  z.string().transform((value, context) => {
    const found = read(value);
    if (found !== null) return found;
    context.addIssue({ code: 'custom', message: fault });
    return z.NEVER;
  });

/** "24h" as milliseconds. */
export const spanOption = readable(parseSpan, 'is no span; write 30s, 5m, 24h or 7d');

/** "2026-11-23T14:00Z" as epoch ms. */
export const instantOption = readable(parseInstant, 'is no time; write 2026-11-23T14:00Z');

/** "90s", or "0" for at once, as milliseconds up to a bound. */
const delayOf = (text: string, max: string): number | null => {
  const ms = text === '0' ? 0 : parseSpan(text);
  return ms !== null && ms <= (parseSpan(max) ?? 0) ? ms : null;
};

export const delayOption = (max: string) =>
  readable((value) => delayOf(value, max), `must be a span of ${max} at most, such as 90s, or 0`);

/** "2m", or "1m-9m" for anything between. */
export const delaysOption = (max: string) =>
  readable((value) => {
    const [first = '', last = first, ...more] = value.split('-');
    const [from, to] = [delayOf(first, max), delayOf(last, max)];
    const isRange = from !== null && to !== null && from <= to && more.length === 0;
    return isRange ? { min: from, max: to } : null;
  }, `must be a span of ${max} at most, such as 2m, or two, as 1m-9m`);

export const countOption = ({ min, max }: { min: number; max: number }) =>
  readable(
    (value) => (/^\d+$/.test(value) && +value >= min && +value <= max ? Number(value) : null),
    `must be a whole number from ${min} to ${max}`,
  );

export const choiceOption = <T extends string>(choices: readonly T[]) =>
  readable(
    (value) => choices.find((known) => known === value) ?? null,
    `must be one of ${choices.join(', ')}`,
  );

/** A command's words by its schema. @throws {WrongUse} naming the first option that is wrong, and what to write */
export function parseOptions<T>(schema: z.ZodType<T>, words: object): T {
  const parsed = schema.safeParse(words);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0] ?? '');
  const given: unknown = Reflect.get(words, name);
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new WrongUse(`--${flag} ${String(given ?? '')} ${issue?.message ?? 'is not understood'}`);
}
