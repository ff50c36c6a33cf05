const stroke = {
  width: 18,
  height: 18,
  viewBox: '0 0 24 24',
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 2,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
  'aria-hidden': true,
} as const;

/** A key whose shaft is a wave. */
export function KeyIcon() {
  return (
    <svg {...stroke} className="brand-mark">
      <title>Keytide</title>
      <circle cx="6" cy="12" r="4" />
      <path d="M10 12c2 0 2-3 4-3s2 3 4 3 2-3 4-3M18 12v4" />
    </svg>
  );
}

export function ThemeIcon() {
  return (
    <svg {...stroke}>
      <title>Theme</title>
      <circle cx="12" cy="12" r="8" />
      <path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor" />
    </svg>
  );
}

export function SearchIcon() {
  return (
    <svg {...stroke}>
      <title>Search</title>
      <circle cx="10.5" cy="10.5" r="6.5" />
      <path d="M15.5 15.5L21 21" />
    </svg>
  );
}

export function HelpIcon() {
  return (
    <svg {...stroke}>
      <title>Help</title>
      <path d="M9 9a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 2M12 17.5v.01" />
      <circle cx="12" cy="12" r="9.5" />
    </svg>
  );
}

export function CloseIcon() {
  return (
    <svg {...stroke}>
      <title>Close</title>
      <path d="M6 6l12 12M18 6L6 18" />
    </svg>
  );
}
