import { foundText, type PromiseView, verdictWords } from '../../lib/shared/log-view.ts';
import { shownText, spanText } from '../../lib/shared/screen-text.ts';
import { Badge } from '../ui/badge.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';

const tones = { consistent: 'good', 'not-consistent': 'bad', unknown: 'plain' } as const;

/** What is promised of data keys, beside what the log shows of it. */
export function PromisePanel({ promise }: { promise: PromiseView }) {
  const { stated, checks } = promise;
  return (
    <Panel
      title="The promise, held against the log"
      className="span-all"
      note={
        stated.told
          ? 'The log, compared with the promise that you named.'
          : 'Nobody named a promise, so the log is compared with the more common of the published tables.'
      }
      tools={
        <PageLink className="button button-small" href="/settings">
          {stated.told ? 'Change it' : 'Tell what is promised'}
        </PageLink>
      }
    >
      <table className="data-table cards-on-phone promise-table">
        <caption className="visually-hidden">What is promised, beside what the log shows</caption>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" className="is-number">
              Stated
            </th>
            <th scope="col" className="is-number">
              Found
            </th>
            <th scope="col">Verdict</th>
            <th scope="col">Because</th>
          </tr>
        </thead>
        <tbody>
          {checks.map(({ id, label, statedMs, foundMs, verdict, because }) => (
            <tr key={id}>
              <th scope="row">{label}</th>
              <td className="is-number" data-label="Stated">
                {statedMs === null ? 'not known' : spanText(statedMs)}
              </td>
              <td className="is-number" data-label="Found">
                {foundText({ id, foundMs })}
              </td>
              <td data-label="Verdict">
                <Badge tone={tones[verdict]}>{verdictWords[verdict]}</Badge>
              </td>
              <td data-label="Because">{shownText(because)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
