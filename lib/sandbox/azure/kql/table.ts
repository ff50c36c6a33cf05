import type { Expression, Row, Schema } from './values.ts';

/** A table with its rows as they are known at the time of the query. */
export interface KqlTable {
  schema: Schema;
  rows: Iterable<Row>;
}

export interface KqlColumn {
  name: string;
  value: Expression;
}
