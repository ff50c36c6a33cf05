export const themeKey = 'keytide.theme';

/** Runs before the first paint, so that a remembered theme does not flash the other one. */
export const themeScript =
  `try{const t=localStorage.getItem('${themeKey}');` +
  `if(t==='dark'||t==='light')document.documentElement.dataset.theme=t}catch{}`;
