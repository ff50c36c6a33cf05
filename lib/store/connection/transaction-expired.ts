/** What met the bound of a transaction's time. */
export class TransactionExpired extends Error {
  constructor() {
    super('the transaction has met its bound of time');
  }
}
