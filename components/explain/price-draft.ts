/** The price table as text that is being typed, by field: `currency`, `prices.0.per10k`. */
import type { PriceTable } from '../../lib/shared/price-table.ts';

export type PriceDraft = Record<string, string>;

export interface PriceFault {
  /** Empty where no field is named. */
  field: string;
  text: string;
}

export function priceDraftOf({ currency, prices }: PriceTable): PriceDraft {
  const draft: PriceDraft = { currency };
  for (const [index, { per10k, freePerMonth, payer }] of prices.entries()) {
    draft[`prices.${index}.per10k`] = String(per10k);
    draft[`prices.${index}.freePerMonth`] = String(freePerMonth);
    draft[`prices.${index}.payer`] = payer;
  }
  return draft;
}

const numberOf = (text: string): number | null => {
  const plain = text.trim().replaceAll(',', '');
  return /^-?\d+(?:\.\d+)?$/.test(plain) ? Number(plain) : null;
};

/** The table that the draft says, for the clouds of `table`; or the first field that is no number. */
export function parseDraft(
  draft: PriceDraft,
  table: PriceTable,
): { table: PriceTable; fault: null } | { table: null; fault: PriceFault } {
  const prices: PriceTable['prices'] = [];
  for (const [index, { provider }] of table.prices.entries()) {
    const numbers: number[] = [];
    for (const name of ['per10k', 'freePerMonth']) {
      const field = `prices.${index}.${name}`;
      const value = numberOf(draft[field] ?? '');
      if (value === null) return { table: null, fault: { field, text: 'Give a number.' } };
      numbers.push(value);
    }
    const [per10k = 0, freePerMonth = 0] = numbers;
    const payer = (draft[`prices.${index}.payer`] ?? '').trim();
    prices.push({ provider, per10k, freePerMonth, payer });
  }
  return {
    table: { currency: (draft.currency ?? '').trim().toUpperCase(), prices },
    fault: null,
  };
}

/** A refusal such as `prices.0.per10k: Too big.` at its field, where it names one. */
export function placePriceFault(message: string, draft: PriceDraft): PriceFault {
  const at = message.indexOf(': ');
  const field = message.slice(0, Math.max(0, at));
  return Object.hasOwn(draft, field)
    ? { field, text: message.slice(at + 2) }
    : { field: '', text: message };
}
