'use client';

import type { AccessView, ValidatedKey } from '../../lib/shared/access-view.ts';
import {
  conditionWords,
  knownTexts,
  metWords,
  missingText,
  permissionTexts,
  validStates,
  validText,
} from '../../lib/shared/access-words.ts';
import { GapList } from '../connections/gap-list.tsx';
import { ApiError } from '../hooks/fetch-view.ts';
import { useAccess, useValidate } from '../hooks/use-keys.ts';
import { FailureState } from '../states/failure-state.tsx';
import { LoadingState } from '../states/loading-state.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Badge } from '../ui/badge.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';

/** What the key's cloud says now; asked with the credentials that this Keytide has. */
export function AccessPanel({ id }: { id: string }) {
  const validate = useValidate(id);
  const access = useAccess(id);
  const isBusy = validate.isPending || access.isPending;
  const askState = () => {
    access.reset();
    validate.mutate();
  };
  const askAll = () => {
    validate.reset();
    access.mutate();
  };
  const error = validate.error ?? access.error;
  const validated = validate.data ?? access.data?.validated;
  return (
    <Panel
      title="Access"
      className="span-all"
      note="Asked of the cloud by wrapping and unwrapping random bytes, with the credentials that Keytide runs with. Its log shows the requests."
      tools={
        <>
          <button type="button" className="button" onClick={askState} disabled={isBusy}>
            Validate now
          </button>
          <button type="button" className="button" onClick={askAll} disabled={isBusy}>
            Check access
          </button>
        </>
      }
    >
      {isBusy ? (
        <LoadingState label="Asking the cloud" />
      ) : error ? (
        <FailureState
          error={error}
          onRetry={access.error ? askAll : askState}
          action={isOfNoCloud(error) ? <PageLink href="/keys">All keys</PageLink> : undefined}
        />
      ) : validated === undefined ? (
        <StateBox
          kind="empty"
          title="Not asked yet"
          text="Validate says whether the key can be used now. The check says besides which condition of access is missing, and whether more is allowed than is needed."
        />
      ) : (
        <div className="drill" aria-live="polite">
          <Validated view={validated} />
          {access.data && <Checked view={access.data} />}
        </div>
      )}
    </Panel>
  );
}

/** Asking again cannot help where there is no cloud to ask. */
const isOfNoCloud = (error: Error): boolean =>
  error instanceof ApiError && error.code === 'bad-request';

function Validated({ view }: { view: ValidatedKey }) {
  const { label, tone } = validStates[view.state];
  const missing = missingText(view);
  return (
    <>
      <p className="verdict">
        <Badge tone={tone}>{label}</Badge>
      </p>
      <p>{validText(view)}</p>
      {missing !== null && <p>{missing}</p>}
    </>
  );
}

function Checked({ view }: { view: AccessView }) {
  return (
    <>
      <table className="data-table cards-on-phone">
        <caption className="visually-hidden">Conditions of access</caption>
        <thead>
          <tr>
            <th scope="col">Condition</th>
            <th scope="col">Met</th>
          </tr>
        </thead>
        <tbody>
          {view.conditions.map(({ condition, met }) => (
            <tr key={condition}>
              <th scope="row">{conditionWords[condition]}</th>
              <td data-label="Met">
                <Badge tone={metWords[met].tone}>{metWords[met].label}</Badge>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {[...permissionTexts(view.permissions), ...knownTexts(view)].map((text) => (
        <p key={text} className="break">
          {text}
        </p>
      ))}
      <GapList gaps={view.log.gaps} />
    </>
  );
}
