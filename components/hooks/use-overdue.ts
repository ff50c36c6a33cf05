'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

/** An answer takes a second or two; after this the page says that it waits. */
const overdueMs = 8_000;

export const overdueWords = `The server has not answered for ${overdueMs / 1000} s`;

/**
 * Whether something has been waited for longer than an answer should take; `again` gives up all that is waited for on
 * the page, asks anew and waits anew.
 */
export function useOverdue(waiting: boolean): { overdue: boolean; again: () => void } {
  const client = useQueryClient();
  const [overdue, setOverdue] = useState(false);
  const [asked, setAsked] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asking anew begins the wait anew
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => setOverdue(true), overdueMs);
    return () => {
      clearTimeout(timer);
      setOverdue(false);
    };
  }, [waiting, asked]);
  const again = async () => {
    setAsked((times) => times + 1);
    await client.cancelQueries({ type: 'active' });
    await client.refetchQueries({ type: 'active' });
  };
  return { overdue, again: () => void again() };
}
