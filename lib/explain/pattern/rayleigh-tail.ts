/**
 * How likely so long a sum of unit vectors is by chance. e^-z, the usual word for it, is far too timid for the handful
 * of cohorts that a day of echoes has: ten of them in step are worth more than e^-10. So the tail is the saddlepoint
 * one, √(r/(κA'(κ))) (I0(κ) e^-κr)^n with A(κ) = r, which is e^-z where z is small beside n.
 */

/** Nothing is known more exactly than this. */
const exactLength = 1 - 1e-6;
const largeKappa = 20;
const seriesTerms = 60;

/** ln P(|mean of n random unit vectors| >= meanLength), at most 0. */
export function logRayleighTail(n: number, meanLength: number): number {
  const r = Math.min(exactLength, meanLength);
  if (!(r > 1e-6) || n < 2) return 0;
  const kappa = kappaOf(r);
  const { logI0, slope } = kappa < largeKappa ? bySeries(kappa) : byAsymptote(kappa);
  return Math.min(0, Math.log(r / (kappa * slope)) / 2 + n * (logI0 - kappa * r));
}

/** ln of the chance that `tests` chances, independent, have a product as small as `e^-sum` (Fisher's method). */
export function logCombined(tests: number, sum: number): number {
  if (tests < 1 || !(sum > 0)) return 0;
  let logTerm = 0;
  const logTerms = [logTerm];
  for (let k = 1; k < tests; k += 1) {
    logTerm += Math.log(sum / k);
    logTerms.push(logTerm);
  }
  const most = logTerms.reduce((a, b) => Math.max(a, b));
  const scaled = logTerms.reduce((all, term) => all + Math.exp(term - most), 0);
  return Math.min(0, most + Math.log(scaled) - sum);
}

/** The concentration whose mean length is r (Fisher's approximation; what it errs by enters squared). */
function kappaOf(r: number): number {
  if (r < 0.53) return 2 * r + r ** 3 + (5 * r ** 5) / 6;
  if (r < 0.85) return -0.4 + 1.39 * r + 0.43 / (1 - r);
  return 1 / (r * (1 - r) * (3 - r));
}

/** ln I0 and A' = 1 - A/κ - A² with A = I1/I0. */
function bySeries(kappa: number): { logI0: number; slope: number } {
  const quarter = kappa ** 2 / 4;
  let term = 1;
  let i0 = 0;
  let i1 = 0;
  for (let k = 0; k < seriesTerms; k += 1) {
    i0 += term;
    i1 += term / (k + 1);
    term *= quarter / (k + 1) ** 2;
  }
  const ratio = ((kappa / 2) * i1) / i0;
  return { logI0: Math.log(i0), slope: 1 - ratio / kappa - ratio ** 2 };
}

function byAsymptote(kappa: number): { logI0: number; slope: number } {
  const near = 1 / kappa;
  const logI0 =
    kappa - Math.log(2 * Math.PI * kappa) / 2 + Math.log1p(near / 8 + (9 * near ** 2) / 128);
  return { logI0, slope: near ** 2 / 2 + near ** 3 / 4 + (3 * near ** 4) / 8 };
}
