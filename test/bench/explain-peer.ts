/** What one would ask the raw rows for, `[$1, $2)`, without roll-ups: the same figures. */

const within = '"at" >= $1::timestamptz AND "at" < $2::timestamptz';

/** The ledger's terms. */
export const ledgerSql: readonly string[] = [
  `SELECT key, process, path, scope, outcome, sum(n)::float8 AS n FROM operation_count WHERE ${within}
   GROUP BY 1, 2, 3, 4, 5`,
  `SELECT key, process, operation, refined_cause, count(*)::float8 AS n, sum(attempts - 1)::float8 AS retries
   FROM kms_call WHERE ${within} GROUP BY 1, 2, 3, 4`,
  `SELECT key, process, operation, sent, outcome, join_method, status, count(*)::float8 AS n
   FROM kms_attempt WHERE ${within} GROUP BY 1, 2, 3, 4, 5, 6, 7`,
  `SELECT key, principal, operation, state, count(*)::float8 AS n
   FROM audit_event WHERE ${within} GROUP BY 1, 2, 3, 4`,
];

/** Minute counts of each key and workspace, of calls and of the events that no call explains. */
export const spikesSql: readonly string[] = [
  `SELECT date_trunc('minute', "at") AS minute, key, workspace, refined_cause, count(*)::float8 AS n
   FROM kms_call WHERE ${within} GROUP BY 1, 2, 3, 4`,
  `SELECT date_trunc('minute', "at") AS minute, key, workspace, state, principal, count(*)::float8 AS n
   FROM audit_event WHERE ${within} AND state <> 'matched' GROUP BY 1, 2, 3, 4, 5`,
];

/** Minute of the hour by hour. */
export const patternSql: readonly string[] = [
  `SELECT date_trunc('hour', "at") AS hour, extract(minute FROM "at")::int AS minute, count(*)::float8 AS n
   FROM kms_call WHERE ${within} GROUP BY 1, 2`,
  `SELECT date_trunc('hour', "at") AS hour, extract(minute FROM "at")::int AS minute, count(*)::float8 AS n
   FROM audit_event WHERE ${within} AND state <> 'matched' GROUP BY 1, 2`,
];

/** A spike's calls and strangers by what may tell them apart. */
export const spikePeerSql: readonly string[] = [
  `SELECT key, workspace, process, refined_cause, generation, root_at, count(*) AS n FROM kms_call WHERE ${within}
   GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY n DESC LIMIT 1000`,
  `SELECT key, principal, state, count(*) AS n FROM audit_event WHERE ${within} GROUP BY 1, 2, 3`,
];

/** How many attempts there are, and the newest fifty. */
export const callsPeerSql: readonly string[] = [
  `SELECT count(*) AS n FROM kms_attempt WHERE ${within}`,
  `SELECT * FROM kms_attempt WHERE ${within} ORDER BY "at" DESC LIMIT 50`,
];
