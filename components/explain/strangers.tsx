'use client';

import { Fragment } from 'react';
import { principalHref } from '../../lib/shared/calls-href.ts';
import type { PrincipalUse } from '../../lib/shared/dto.ts';
import { principalVerdict } from '../../lib/shared/principal-verdict.ts';
import { instantText, nounText } from '../../lib/shared/screen-text.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { ExportLinks } from '../export/export-links.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Badge } from '../ui/badge.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';

const tones = {
  Stranger: 'warn',
  Suspect: 'bad',
  'Cloud service': 'info',
  Yours: 'good',
} as const;

const addressesMax = 3;
const usesMax = 10;

interface Asked {
  /** Without telemetry nobody knows who is ours. */
  logAlone: boolean;
  /** Who asks without a word of a workspace or process is then not among them. */
  isFiltered: boolean;
  /** Whether the window has no audit event. */
  isUnlogged: boolean;
}

function nobody({ logAlone, isFiltered, isUnlogged }: Asked) {
  const who = logAlone ? 'Nobody' : 'Nobody else';
  if (isFiltered)
    return {
      title: `${who} that these filters show`,
      text: 'An event may name no workspace and no process, so all are listed only without filters.',
    };
  if (isUnlogged)
    return {
      title: 'No event in this window',
      text: 'No key was used, or the log of this time has not been received.',
    };
  return {
    title: `${who} used the key in this window`,
    text: logAlone
      ? 'Every event claims to be the service’s own.'
      : 'Every audit event on the key belongs to a known engine.',
  };
}

/** Use of the key by someone other than our own engines. */
export function Strangers({
  uses,
  logAlone,
  sumsBefore,
  isFiltered,
  isUnlogged,
  className = '',
}: Asked & {
  uses: readonly PrincipalUse[];
  /** Where the window reaches past retention. */
  sumsBefore: number | null;
  className?: string;
}) {
  return (
    <Panel
      className={`strangers ${className}`}
      tools={uses.length > 0 && <ExportLinks of="strangers" />}
      title={logAlone ? 'Who used the key' : 'Strangers and suspects'}
      note={
        logAlone
          ? 'Principals in the log. You can say whose each is on the page “Settings”.'
          : 'Use of the key that no engine of ours made.'
      }
    >
      {sumsBefore !== null ? (
        <StateBox
          kind="empty"
          title="Kept as sums only"
          text={`Who used the key is known from ${instantText(sumsBefore)} on: choose a window that begins then.`}
        />
      ) : uses.length === 0 ? (
        <StateBox
          kind="empty"
          {...nobody({ logAlone, isFiltered, isUnlogged })}
          action={<WiderLink />}
        />
      ) : (
        <>
          <table className="data-table stacked-rows">
            <caption className="visually-hidden">Use of the key by principal</caption>
            <thead>
              <tr>
                <th scope="col">Principal</th>
                <th scope="col" className="is-number">
                  Events
                </th>
              </tr>
            </thead>
            <tbody>
              {uses.slice(0, usesMax).map((use) => (
                <Use key={tupleKey(use.kind, use.principal, use.key)} use={use} />
              ))}
            </tbody>
          </table>
          {uses.length > usesMax && (
            <p className="note panel-foot">
              {nounText(uses.length - usesMax, 'smaller one is', 'smaller ones are')} not listed
              here: the report has them all.
            </p>
          )}
        </>
      )}
    </Panel>
  );
}

function Use({ use }: { use: PrincipalUse }) {
  const { word, text } = principalVerdict(use);
  const operations = Object.entries(use.operations)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count], no) => (
      <Fragment key={name}>
        {no > 0 && ', '}
        {name}{' '}
        <CountLink
          value={count}
          href={principalHref(use, name)}
          label={`${name} events of ${use.name}`}
        />
      </Fragment>
    ));
  const shown = use.sourceIps.slice(0, addressesMax);
  const more = use.addresses - shown.length;
  const addresses = shown.join(', ');
  return (
    <tr>
      <th scope="row">
        <span className="use">
          <span>
            <span className="use-head">
              <strong>
                <WrappedText text={use.name} />
              </strong>
              {word !== null && <Badge tone={tones[word]}>{word}</Badge>}
            </span>
            <span className="use-verdict">{text}</span>
            <span className="use-principal mono break muted">{use.principal}</span>
          </span>
          <span>
            <span className="use-facts">
              {operations} on{' '}
              <span className="mono break">
                <WrappedText text={use.key} />
              </span>
              {addresses && ` from ${addresses}`}
              {more > 0 && ` and ${more} more`}
            </span>
            <span className="use-facts num">
              {instantText(use.firstAt)}
              {use.lastAt !== use.firstAt && ` to ${instantText(use.lastAt)}`}
            </span>
          </span>
        </span>
      </th>
      <td className="is-number">
        <CountLink value={use.events} href={principalHref(use)} label={`Events of ${use.name}`} />
      </td>
    </tr>
  );
}
