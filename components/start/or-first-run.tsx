'use client';

import dynamic from 'next/dynamic';
import { usePathname, useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { useSandbox } from '../hooks/use-sandbox.ts';
import { useStore } from '../hooks/use-store.ts';
import { isOfStore } from '../ui/pages.ts';

const StartScreen = dynamic(async () => (await import('./start-screen.tsx')).StartScreen);

/** A page; instead of one over what is stored, as long as nothing is, what can be connected. */
export function OrFirstRun({ children }: { children: React.ReactNode }) {
  const pathname = usePathname();
  const here = `${pathname}?${useSearchParams()}`;
  const [givenAt, setGivenAt] = useState<string | null>(null);
  const store = useStore();
  const sandbox = useSandbox();
  // While the sandbox lays its history the store is not empty for long.
  const isEmpty = store.data?.extent === null && sandbox.data?.running === false;
  // Whoever gives files here stays until what became of them is read, though the first of them fill the store.
  const isShown = givenAt === here || (isEmpty && isOfStore(pathname));
  return isShown ? <StartScreen onGiven={() => setGivenAt(here)} /> : children;
}
