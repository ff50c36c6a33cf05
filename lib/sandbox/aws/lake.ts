/** CloudTrail Lake: one event data store an account, asked in SQL. A query is started, runs, and is read in pages. */

import { z } from 'zod';
import { uuid } from '../any-cloud/random-ids.ts';
import type { AwsOutput, AwsOutputs, DataStore, QueryStatus } from './api.ts';
import { AwsFault } from './aws-fault.ts';
import type { CloudTrailOptions } from './cloudtrail-options.ts';
import type { AwsKmsCall } from './key-access.ts';
import { type LakeRow, parseLakeQuery } from './lake-query.ts';
import { optionalMember, optionalNumber, requiredText } from './request-fields.ts';

type LakeOperation =
  | 'GetEventDataStore'
  | 'UpdateEventDataStore'
  | 'StartQuery'
  | 'DescribeQuery'
  | 'GetQueryResults';

interface Query {
  account: string;
  statement: string;
  startedAt: number;
  rows: readonly LakeRow[];
}

const pageMax = 1000;
const queriesMax = 1000;

export class EventDataStore {
  readonly #options: CloudTrailOptions;
  readonly #queries = new Map<string, Query>();
  /** By account, what its store takes; management events where nothing else was said. */
  readonly #selectors = new Map<string, DataStore['AdvancedEventSelectors']>();

  constructor(options: CloudTrailOptions) {
    this.#options = options;
  }

  /** @throws {AwsFault} */
  perform(operation: LakeOperation, call: AwsKmsCall): AwsOutput<LakeOperation> {
    if (operation === 'StartQuery') return this.#start(call);
    const { input, trace } = call;
    if (operation === 'GetEventDataStore' || operation === 'UpdateEventDataStore')
      return this.#store(operation, call);
    const id = requiredText(input, 'QueryId');
    trace.parameters = { queryId: id };
    const query = this.#queries.get(id);
    if (query?.account !== call.principal.account)
      throw new AwsFault('QueryIdNotFoundException', `The query ID ${id} does not exist.`);
    const QueryStatus = this.#statusOf(query, call.now);
    return operation === 'DescribeQuery'
      ? { QueryId: id, QueryString: query.statement, QueryStatus }
      : page(query, QueryStatus, input);
  }

  #store(
    operation: 'GetEventDataStore' | 'UpdateEventDataStore',
    { principal: { account }, input, trace }: AwsKmsCall,
  ): DataStore {
    const store = requiredText(input, 'EventDataStore');
    trace.parameters = { eventDataStore: store };
    const { region } = this.#options;
    if (operation === 'UpdateEventDataStore')
      this.#selectors.set(account, selectorsIn(input.AdvancedEventSelectors));
    return {
      EventDataStoreArn: `arn:aws:cloudtrail:${region}:${account}:eventdatastore/${store}`,
      Status: 'ENABLED',
      RetentionPeriod: 366,
      AdvancedEventSelectors: this.#selectors.get(account) ?? [managementEvents],
    };
  }

  #start({ principal, now, input, trace }: AwsKmsCall): AwsOutputs['StartQuery'] {
    const statement = optionalMember(input, 'QueryStatement') ?? '';
    trace.parameters = { queryStatement: statement };
    const { account } = principal;
    const read = parseLakeQuery(statement);
    const delivered = this.#options.logOf(account).list();
    const excluded = this.#excluded(account);
    const rows = read(
      delivered.filter((event) => event.visibleAt <= now && !excluded.has(event.eventSource)),
    );
    const QueryId = uuid(this.#options.random);
    this.#queries.set(QueryId, { account, statement, startedAt: now, rows });
    const [oldest] = this.#queries.keys();
    if (this.#queries.size > queriesMax && oldest !== undefined) this.#queries.delete(oldest);
    return { QueryId };
  }

  /** Services whose events the store does not take. */
  #excluded(account: string): ReadonlySet<string> {
    const fields = (this.#selectors.get(account) ?? []).flatMap((one) => one.FieldSelectors);
    return new Set(
      fields.flatMap(({ Field, NotEquals }) => (Field === 'eventSource' ? (NotEquals ?? []) : [])),
    );
  }

  #statusOf({ startedAt }: Query, now: number): QueryStatus {
    const { queryMs } = this.#options;
    if (now >= startedAt + queryMs) return 'FINISHED';
    return now >= startedAt + queryMs / 2 ? 'RUNNING' : 'QUEUED';
  }
}

const managementEvents = { FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] };

const selectorShape = z.array(
  z.object({
    FieldSelectors: z.array(
      z.object({
        Field: z.string(),
        Equals: z.array(z.string()).exactOptional(),
        NotEquals: z.array(z.string()).exactOptional(),
      }),
    ),
  }),
);

/** @throws {AwsFault} */
function selectorsIn(given: unknown): DataStore['AdvancedEventSelectors'] {
  const { data } = selectorShape.safeParse(given);
  if (data === undefined)
    throw new AwsFault('InvalidEventSelectorsException', 'The event selectors are not valid.');
  return data;
}

function page(
  { rows }: Query,
  QueryStatus: QueryStatus,
  input: AwsKmsCall['input'],
): AwsOutputs['GetQueryResults'] {
  const limit = optionalNumber(input, 'MaxQueryResults') ?? pageMax;
  if (!Number.isInteger(limit) || limit < 1 || limit > pageMax)
    throw new AwsFault('InvalidMaxResultsException', `Max results must be 1 to ${pageMax}.`);
  const token = optionalMember(input, 'NextToken') ?? '0';
  const from = Number(token);
  if (!Number.isInteger(from) || from < 0 || from > rows.length)
    throw new AwsFault('InvalidNextTokenException', 'The token is not valid.');
  const done = QueryStatus === 'FINISHED' ? rows.slice(from, from + limit) : [];
  const more = QueryStatus === 'FINISHED' && from + limit < rows.length;
  return {
    QueryStatus,
    QueryStatistics: {
      ResultsCount: done.length,
      TotalResultsCount: QueryStatus === 'FINISHED' ? rows.length : 0,
      BytesScanned: rows.length * 1024,
    },
    QueryResultRows: done.map((row) => row.map(([name, value]) => ({ [name]: value }))),
    ...(more && { NextToken: String(from + limit) }),
  };
}
