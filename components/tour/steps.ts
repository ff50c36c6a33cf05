export interface TourStep {
  href: string;
  title: string;
  text: string;
  /** What it speaks of on its page. */
  target: string;
}

/** Why fewer requests, where spikes come from, who else used the key, how long a revocation takes. */
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
    text: 'Only the customer’s own log can tell. Each caller that is not the service is named, with what it did and when; a suspect is the service’s own identity, used by somebody else. Every count leads to the records.',
    target: '.strangers',
  },
  {
    href: '/cache',
    title: 'What if the key is taken away?',
    text: 'If the customer disabled the key now, each process would go on from memory until its leases end, and everything would be dark within one TTL. The lab tries it, step by step.',
    target: '.revocation-panel',
  },
];

/** Which step an address asks for, from 0; null where it asks for none. */
export function parseTourStep(text: string | null): number | null {
  const step = Number(text) - 1;
  return text !== null && tourSteps[step] !== undefined ? step : null;
}
