/**
 * The size of this run: seconds in CI; in full, with the same code, under `npm run long -- NAME`.
 *
 * @example
 * const seeds = sized({ ci: 48, long: 200 });
 */
export function sized<T>(sizes: { ci: T; long: T }): T {
  return process.env.KEYTIDE_SIZE === 'long' ? sizes.long : sizes.ci;
}
