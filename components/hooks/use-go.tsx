'use client';

import { useRouter } from 'next/navigation';
import { createContext, useCallback, useContext, useState, useTransition } from 'react';

const Go = createContext<(href: string) => void>(() => undefined);
const Leaving = createContext<string | null>(null);

/** Leads to other pages for all of the dashboard, and knows where to as long as that page is on its way. */
export function WaysBetweenPages({ children }: { children: React.ReactNode }) {
  const router = useRouter();
  const [isLeaving, start] = useTransition();
  const [to, setTo] = useState<string | null>(null);
  const go = useCallback(
    (href: string) => {
      setTo(href);
      start(() => router.push(href));
    },
    [router],
  );
  return (
    <Go value={go}>
      <Leaving value={isLeaving ? to : null}>{children}</Leaving>
    </Go>
  );
}

/** Leads to another page; a page that the server does not send in time is then named. */
export const useGo = (): ((href: string) => void) => useContext(Go);

/** The page that was asked for and is not there yet. */
export const useLeaving = (): string | null => useContext(Leaving);
