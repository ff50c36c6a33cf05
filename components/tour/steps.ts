export interface TourStep {
  href: string;
  title: string;
  text: string;
  /** What it speaks of on its page. */
  target: string;
}

/** Why fewer requests, where spikes come from, who else used the key and how it is taken away. */
export const tourSteps: readonly TourStep[] = [
  {
    href: '/',
    title: 'Why so few requests?',
    text: 'The answer comes first: how many messages, how many data keys they needed, how few requests that took. Below it each step has its count, and every count leads to what it counts.',
    target: '.answer',
  },
  {
    href: '/spikes',
    title: 'Why every hour?',
    text: 'Each spike says what it goes back to. A deploy loads all data keys at once; an hour later their TTL ends at once, and they are asked for again: an echo. Open one to see its timeline and the setting that ends it.',
    target: '.spike-list',
  },
  {
    href: '/strangers',
    title: 'Who else used the key?',
    text: 'Only the customer’s own log can tell. Each caller that is not the service is named, with what it did and when. What follows if the customer takes the key away, the page “Cache” says: when each process goes dark. The lab tries it, step by step.',
    target: '.strangers',
  },
];

/** Which step an address asks for, from 0; null where it asks for none. */
export function parseTourStep(text: string | null): number | null {
  const step = Number(text) - 1;
  return text !== null && tourSteps[step] !== undefined ? step : null;
}
