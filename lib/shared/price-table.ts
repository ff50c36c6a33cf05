/** What KMS requests cost: list prices that the user may change. */
export type PricedProvider = 'aws' | 'gcp' | 'azure';

export interface Price {
  provider: PricedProvider;
  /** Price of 10,000 requests, in the table's currency. */
  per10k: number;
  /** Requests a month that cost nothing. */
  freePerMonth: number;
  /** Who is billed, as a sentence names them. */
  payer: string;
}

export interface PriceTable {
  /** ISO 4217, such as `USD`. */
  currency: string;
  prices: Price[];
}

/** The clouds' public list prices for symmetric or RSA-2048 keys, 2026. */
export const defaultPrices: PriceTable = {
  currency: 'USD',
  prices: [
    { provider: 'aws', per10k: 0.03, freePerMonth: 20_000, payer: 'the calling account' },
    { provider: 'gcp', per10k: 0.03, freePerMonth: 0, payer: 'the key’s project' },
    { provider: 'azure', per10k: 0.03, freePerMonth: 0, payer: 'the vault’s subscription' },
  ],
};

/** Which cloud a key lies in, by its URI, or by an alias as AWS logs it; null for a key of none. */
export function providerOfKey(key: string): PricedProvider | null {
  if (/^(?:aws-kms:)?(?:arn:aws[a-z-]*:kms:|alias\/)/.test(key)) return 'aws';
  if (/^(?:gcp-kms:|\/\/cloudkms\.googleapis\.com\/)?projects\//.test(key)) return 'gcp';
  return /^(?:azure-kv:)?https:\/\/[^/]+\.(?:vault|managedhsm)\.[a-z.-]+\//.test(key)
    ? 'azure'
    : null;
}
