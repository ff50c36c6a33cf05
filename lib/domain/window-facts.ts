/** Facts of a window as the store gives them and explanations take them. Instants are epoch ms. */

/** Sum of one measure of the roll-ups. */
export interface WindowSum {
  measure: string;
  key: string;
  process: string;
  operation: string;
  label: string;
  n: number;
}

/** Uses of key material by one principal that no attempt of ours explains, by state and operation. */
export interface UnmatchedUse {
  principal: string;
  name: string;
  key: string;
  state: string;
  operation: string;
  events: number;
  firstAt: number;
  lastAt: number;
  /** Ten of its addresses at most, and how many there are. */
  sourceIps: string[];
  addresses: number;
  /** Cloud services that asked on its behalf. */
  services: string[];
}
