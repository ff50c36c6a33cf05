/** Changes, money, rates and chances as screens write them. What is no number reads `n/a`; nothing reads NaN. */
import { countText, shareText } from '../../../lib/shared/screen-text.ts';

const unknown = 'n/a';

export type Change = 'no-data' | 'new' | 'gone' | 'same' | 'more' | 'less';

export interface ChangeText {
  kind: Change;
  text: string;
}

/** A count beside an earlier one. From nothing it is new, never a share; null means that period had no data. */
export function changeText(now: number, before: number | null): ChangeText {
  if (before === null) return { kind: 'no-data', text: 'no data' };
  if (now === before) return { kind: 'same', text: 'same' };
  if (before === 0) return { kind: 'new', text: 'new' };
  if (now === 0) return { kind: 'gone', text: 'none now' };
  const change = (now - before) / before;
  // Beyond double it is shown as a multiple, so that nobody reads it as an increase.
  if (change > 1) return { kind: 'more', text: shareText(now / before) };
  const text = shareText(change);
  return change > 0 ? { kind: 'more', text: `+${text}` } : { kind: 'less', text };
}

/** `$1,234.50`; below a cent two significant digits, so that a little does not read as nothing. */
export function moneyText(amount: number, currency: string): string {
  if (!Number.isFinite(amount)) return unknown;
  const small = amount !== 0 && Math.abs(amount) < 0.01;
  const digits = small
    ? { maximumSignificantDigits: 2 }
    : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  try {
    return new Intl.NumberFormat('en-US', { style: 'currency', currency, ...digits }).format(
      amount,
    );
  } catch {
    // A currency that is no code: the number with the word beside it.
    return `${new Intl.NumberFormat('en-US', digits).format(amount)} ${currency}`;
  }
}

/** A number that need not be whole: `0.04`, `3.2`, `1,234`. */
export function decimalText(value: number): string {
  if (!Number.isFinite(value)) return unknown;
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return countText(value);
  const text = size >= 10 ? size.toFixed(1) : size.toFixed(size < 0.1 ? 3 : 2);
  const plain = text.replace(/\.?0+$/, '');
  if (plain === '0') return '<0.001';
  return value < 0 ? `−${plain}` : plain;
}

/** One rate by another: `4.2×`; from nothing it is new. */
export function timesText(rate: number, usual: number): string {
  if (!Number.isFinite(rate) || !Number.isFinite(usual)) return unknown;
  if (usual <= 0) return rate > 0 ? 'new' : 'same';
  return `${decimalText(rate / usual)}×`;
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A chance: `0.042`, `3 × 10⁻⁹`; what is too small to compute is `<10⁻³⁰⁰`. */
export function chanceText(chance: number): string {
  if (!Number.isFinite(chance)) return unknown;
  if (chance >= 1) return '1';
  if (chance < 1e-300) return '<10⁻³⁰⁰';
  if (chance >= 0.001) return decimalText(chance);
  const [digits = '1', exponent = '0'] = chance.toExponential(0).split('e');
  const power = [...exponent.replace('-', '')].map((digit) => superscripts[Number(digit)]).join('');
  return `${digits} × 10⁻${power}`;
}
