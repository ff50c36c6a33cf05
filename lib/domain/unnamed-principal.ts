/** Who asks where the log does not say. */
export const unnamedPrincipal = 'unknown';
