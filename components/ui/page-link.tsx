'use client';

import { useUrlState } from '../hooks/use-url-state.ts';
import { WayLink } from './way-link.tsx';

/** A link to another page, which carries this window and filter; what it names itself stays. */
export function PageLink({
  href,
  children,
  ...rest
}: {
  href: string;
  id?: string;
  className?: string;
  title?: string;
  'aria-label'?: string;
  children: React.ReactNode;
}) {
  const { link } = useUrlState();
  return (
    <WayLink {...rest} prefetch={false} href={link(href)}>
      {children}
    </WayLink>
  );
}
