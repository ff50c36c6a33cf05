'use client';

import Link from 'next/link';
import { useGo } from '../hooks/use-go.tsx';

/** A link to a page of the dashboard, which says so where the server does not send that page in time. */
export function WayLink({
  href,
  ...rest
}: Omit<React.ComponentProps<typeof Link>, 'href'> & { href: string }) {
  const go = useGo();
  return (
    <Link
      {...rest}
      href={href}
      onNavigate={(event) => {
        event.preventDefault();
        go(href);
      }}
    />
  );
}
