import type { Expression, Row, Schema } from './values.ts';

/** A table with its rows as they are known at the time of the query. */
export interface Table {
  schema: Schema;
  rows: Iterable<Row>;
}

export interface Column {
  name: string;
  value: Expression;
}
