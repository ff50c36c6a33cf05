import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from } from 'pg-copy-streams';

/** Copies tab-separated lines into a table, as fast as the server takes them. */
export async function copyIn(client: pg.Client, sql: string, lines: string): Promise<void> {
  await finished(client.query(from(sql)).end(lines));
}

/** A value as the copy protocol's text has it. */
export const copyText = (value: unknown): string =>
  value === null || value === undefined
    ? '\\N'
    : String(value).replace(/[\\\t\n\r]/g, (character) => `\\${escapes.get(character) ?? '\\'}`);

const escapes = new Map([
  ['\t', 't'],
  ['\n', 'n'],
  ['\r', 'r'],
]);
