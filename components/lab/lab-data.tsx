'use client';

import type { LabData, LabView } from '../../lib/shared/lab/lab-view.ts';
import { countText, shareText } from '../../lib/shared/screen-text.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { Panel } from '../ui/panel.tsx';
import { Term } from '../ui/term.tsx';
import { ageLabels } from './lab-labels.ts';

/** Which stored messages could be read now, by the key that wrapped their DEKs and by their DEKs' age. */
export function LabDataPanel({ view: { data } }: { view: LabView }) {
  return (
    <Panel
      title="Stored messages"
      className="span-all"
      note="Readable now by every process, by some of them, or by none. “Read every message” proves it."
    >
      <table className="data-table cards-on-phone">
        <caption className="visually-hidden">Readable messages by key and age of the DEK</caption>
        <thead>
          <tr>
            <th scope="col">
              <Term of="DEK" /> wrapped by
            </th>
            <th scope="col">DEK made</th>
            <th scope="col" className="is-number">
              Messages
            </th>
            <th scope="col">Readable now</th>
          </tr>
        </thead>
        <tbody>
          {data.map((row) => (
            <tr key={tupleKey(row.key, row.age)}>
              <th scope="row" className="nowrap">
                Key {row.key}
              </th>
              <td data-label="DEK made">{ageLabels[row.age]}</td>
              <td className="is-number num" data-label="Messages">
                {countText(row.messages)}
              </td>
              <td data-label="Readable now">
                <Readable row={row} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Readable({ row: { messages, readableByAll, readableByAny } }: { row: LabData }) {
  const [all, any] = [readableByAll / messages, readableByAny / messages];
  const words =
    readableByAny === 0
      ? 'none'
      : readableByAll === messages
        ? 'all, everywhere'
        : `${shareText(any)} in some process, ${shareText(all)} in every one`;
  return (
    <div className="lab-readable">
      <span className="num">{words}</span>
      <svg className="lab-bar" height="8" aria-hidden="true" focusable="false">
        <rect width="100%" height="8" rx="4" fill="var(--line)" />
        <rect width={`${any * 100}%`} height="8" rx="4" fill="var(--bar-more)" />
        <rect width={`${all * 100}%`} height="8" rx="4" fill="var(--bar-less)" />
      </svg>
    </div>
  );
}
