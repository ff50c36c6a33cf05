export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'plain';

/** A word for a state; the tone only adds to it. */
export function Badge({ tone, children }: { tone: Tone; children: React.ReactNode }) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}
