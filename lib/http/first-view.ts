/** What a page begins with: answers that the server has at hand before it sends the page. */
import { headers } from 'next/headers';
import { systemClock } from '../domain/clock.ts';
import { inWork } from './in-work.ts';

export interface FirstAnswer {
  key: readonly unknown[];
  data: unknown;
}

const boundedView = inWork(32);

/** What is kept under a key; JSON as the API sends it, or a value. */
export type FirstQuestion = readonly [key: readonly unknown[], ask: () => Promise<unknown>];

/** A page's first answers; none for a page within the page, which is shown at once. */
export async function firstAnswers(questions: readonly FirstQuestion[]): Promise<FirstAnswer[]> {
  // The front door says until when (epoch ms) this page may wait.
  const leftMs = Number((await headers()).get('x-answer-by') ?? 0) - systemClock.now();
  return answersWithin(questions, leftMs);
}

/**
 * The answers that came in time. What failed or is late is left out: the page asks for it itself and says what became
 * of it.
 */
export async function answersWithin(
  questions: readonly FirstQuestion[],
  leftMs: number,
): Promise<FirstAnswer[]> {
  if (leftMs <= 0) return [];
  const late = new Promise<null>((resolve) => setTimeout(resolve, leftMs, null).unref());
  const asked = questions.map(async ([key, ask]) => {
    const answer = boundedView(ask).catch(() => null);
    const data = await Promise.race([answer, late]);
    if (data === null) return [];
    return [{ key, data: typeof data === 'string' ? JSON.parse(data) : data }];
  });
  return (await Promise.all(asked)).flat();
}

/** What the router gives a page. */
export interface AskedPage {
  searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

/** A page's query; of a name given twice the first counts. */
export async function pageQuery(given: AskedPage['searchParams']): Promise<URLSearchParams> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(await given)) {
    const [first] = [value].flat();
    if (first !== undefined) query.set(name, first);
  }
  return query;
}
