import type { PatternLine } from '../../lib/shared/pattern-view.ts';

export const lineWords: Record<PatternLine['kind'], { label: string; about: string }> = {
  echo: {
    label: 'Echo (slanted)',
    about: 'Loads that began together, and their re-validations, T + 1/L apart.',
  },
  schedule: { label: 'Schedule (vertical)', about: 'The same minute of every hour.' },
  deploy: {
    label: 'Single burst, such as a deploy (one row)',
    about: 'A single burst: nothing like it follows.',
  },
};

/** A line as the heatmap draws it. */
export function LineSwatch({ kind }: { kind: PatternLine['kind'] }) {
  const stroke = `var(--line-${kind})`;
  return (
    <svg className="swatch" width="18" height="12" aria-hidden="true" focusable="false">
      {kind === 'echo' && <path d="M2 1l14 10" stroke={stroke} strokeWidth="2" />}
      {kind === 'schedule' && (
        <path d="M9 0v12" stroke={stroke} strokeWidth="2" strokeDasharray="4 2" />
      )}
      {kind === 'deploy' && (
        <>
          <path d="M0 1l7 5-7 5z" fill={stroke} />
          <path d="M7 6h7" stroke={stroke} strokeDasharray="1 2" />
          <circle cx="15" cy="6" r="2.5" fill="none" stroke={stroke} />
        </>
      )}
    </svg>
  );
}
