import { Fragment } from 'react';

/** Dates, shares and Regions; else, as an empty match without a group, where an ARN may break. */
const joints = /(\d{4}-\d\d-\d\d|\d[\d.,]* %|\b[a-z]{2,}-[a-z]+-\d\b)|(?<=-\d:|\d{12}:|\/)(?=\w)/;

/** A text that breaks within no date, share or Region, but in an ARN after Region, account and slashes. */
export function WrappedText({ text }: { text: string }) {
  return text.split(joints).map((part, no) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text keep their order.
    <Fragment key={no}>
      {no % 2 === 0 ? part : part === undefined ? <wbr /> : <span className="nowrap">{part}</span>}
    </Fragment>
  ));
}
