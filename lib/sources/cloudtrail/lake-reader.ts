/**
 * CloudTrail Lake by queries of its own SQL: of each span the events of KMS, and those of IAM and of the trail itself
 * that say why others are missing.
 */
import {
  DescribeQueryCommand,
  GetQueryResultsCommand,
  type GetQueryResultsCommandOutput,
  StartQueryCommand,
} from '@aws-sdk/client-cloudtrail';
import { AppError } from '../../domain/app-error.ts';
import { Intake } from '../intake.ts';
import {
  Asker,
  type LogPage,
  type LogReader,
  type Patience,
  type ReadFault,
} from '../log-reader.ts';
import { grantOf, noAwsCredentials } from './aws-fixes.ts';
import { type CloudTrailAccess, cloudTrailClient } from './client.ts';
import { findRecords } from './find-records.ts';
import { inspectStore } from './inspect-trail.ts';
import { isPassing, notAnswered, toAppError } from './lookup-error.ts';

export interface LakeOptions extends CloudTrailAccess, Patience {
  /** The event data store's id. */
  store: string;
  /** Pages to read before giving up as behind. */
  pagesMax: number;
}

const waitMs = 2_000;
/** Ten minutes: what takes longer is too much for one span. */
const waitsMax = 300;
const rowsMax = 1_000;

export function lakeReader(options: LakeOptions): LogReader {
  const client = cloudTrailClient(options);
  const { sleep, store, pagesMax } = options;
  const read = async function* (span: { fromMs: number; toMs: number }): AsyncGenerator<LogPage> {
    const asker = new Asker(options, faultOf);
    const { QueryId } = await asker.ask((abortSignal) =>
      client.send(new StartQueryCommand({ QueryStatement: statementOf(store, span) }), {
        abortSignal,
      }),
    );
    for (let waits = 0; ; waits += 1) {
      const { QueryStatus } = await asker.ask((abortSignal) =>
        client.send(new DescribeQueryCommand({ QueryId }), { abortSignal }),
      );
      if (QueryStatus === 'FINISHED') break;
      const over = QueryStatus !== 'QUEUED' && QueryStatus !== 'RUNNING';
      if (over || waits === waitsMax)
        throw new AppError('unavailable', `The query of CloudTrail Lake ended as ${QueryStatus}.`);
      await sleep(waitMs);
    }
    let token: string | undefined;
    for (let number = 1; ; number += 1) {
      const page = await asker.ask((abortSignal) =>
        client.send(
          new GetQueryResultsCommand({ QueryId, NextToken: token, MaxQueryResults: rowsMax }),
          { abortSignal },
        ),
      );
      if (page.QueryResultRows === undefined) throw notAnswered('rows');
      token = page.NextToken || undefined;
      const isCut = token !== undefined && number >= pagesMax;
      yield { ...pageOf(page, number), behind: isCut ? behind : null };
      if (token === undefined || isCut) return;
    }
  };
  return {
    kind: 'lake',
    name: 'CloudTrail Lake',
    silence:
      'The event data store has no use of a key: let it record management events of KMS, reads too.',
    read,
    inspect: (span) => inspectStore(client, store, span),
    fixes: {
      unauthorized: noAwsCredentials,
      forbidden: {
        code: 'no-permission',
        fix: grantOf(
          'cloudtrail:StartQuery cloudtrail:DescribeQuery cloudtrail:GetQueryResults',
          '*',
        ),
      },
      'not-found': { code: 'no-place', fix: 'aws cloudtrail list-event-data-stores' },
    },
    close: () => client.destroy(),
  };
}

const behind =
  'More events than can be read at one go: save the query’s results to S3 and read the files with `keytide import`.';

/** Its times are those of the events, to the second, and both ends are widened to them. */
function statementOf(store: string, { fromMs, toMs }: { fromMs: number; toMs: number }): string {
  const at = (ms: number) => `'${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}'`;
  return [
    `SELECT eventJson FROM ${store}`,
    "WHERE eventSource IN ('kms.amazonaws.com', 'iam.amazonaws.com', 'cloudtrail.amazonaws.com')",
    `AND eventTime >= ${at(fromMs)} AND eventTime <= ${at(toMs + 1_000)} ORDER BY eventTime`,
  ].join(' ');
}

function pageOf(page: GetQueryResultsCommandOutput, number: number): Omit<LogPage, 'behind'> {
  const intake = new Intake(`Lake page ${number}`);
  for (const row of page.QueryResultRows ?? []) {
    // A row is a list of cells, each with its column's name.
    intake.takeRow(findRecords(Object.assign({}, ...row)));
  }
  const { items, ignored, rejected } = intake.drain({ last: true });
  return { records: items, ignored, rejected };
}

function faultOf(cause: unknown): ReadFault {
  const name = cause instanceof Error ? cause.name : '';
  if (isPassing(cause))
    return {
      code: 'throttled',
      message: 'CloudTrail Lake keeps throttling or failing: stop other readers, or try later.',
    };
  if (/AccessDenied/.test(name))
    return {
      code: 'forbidden',
      message:
        'Reading CloudTrail Lake was denied: grant cloudtrail:StartQuery, DescribeQuery and GetQueryResults on the event data store.',
    };
  if (/EventDataStore(?:NotFound|ARNInvalid)|InvalidQueryStatement/.test(name))
    return { code: 'not-found', message: 'There is no such event data store: check its id.' };
  const { code, message } = toAppError(cause);
  return { code, message };
}
