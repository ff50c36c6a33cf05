'use client';

import { countText } from '../../lib/shared/screen-text.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { WayLink } from './way-link.tsx';

/** A number that leads to what it counts, in this window; plain where nothing finer is kept. */
export function CountLink({
  value,
  href,
  label,
  text = countText(value),
}: {
  value: number;
  href?: string | undefined;
  /** What is counted, for those who meet the link out of its row. */
  label: string;
  text?: string;
}) {
  const { link } = useUrlState();
  if (href === undefined) return <span className="num">{text}</span>;
  return (
    <WayLink
      className="num count-link"
      prefetch={false}
      href={link(href)}
      aria-label={`${label}: ${text}`}
    >
      {text}
    </WayLink>
  );
}
