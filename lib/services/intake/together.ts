/** The most that is done at once: a hundred senders' requests. */
const itemsMax = 100;

interface Waiting<Item, Result> {
  item: Item;
  size: number;
  done: PromiseWithResolvers<Result>;
}

/**
 * Does for several at once what costs the same for one as for some: while it is being done, what comes waits and then
 * goes together, up to `sizeMax`. `work` resolves to one result an item; a fault of it is everyone's who took part.
 */
export class Together<Item, Result> {
  readonly #sizeMax: number;
  readonly #work: (items: readonly Item[]) => Promise<readonly Result[]>;
  #waiting: Waiting<Item, Result>[] = [];
  #busy = false;

  constructor(sizeMax: number, work: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#sizeMax = sizeMax;
    this.#work = work;
  }

  add(item: Item, size: number): Promise<Result> {
    const done = Promise.withResolvers<Result>();
    this.#waiting.push({ item, size, done });
    if (!this.#busy) void this.#run();
    return done.promise;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const some = this.#next();
      try {
        const results = await this.#work(some.map(({ item }) => item));
        for (const [no, { done }] of some.entries()) {
          const result = results[no];
          if (result === undefined) done.reject(new Error('no result of an item'));
          else done.resolve(result);
        }
      } catch (error) {
        for (const { done } of some) done.reject(error);
      }
    }
    this.#busy = false;
  }

  /** In the order in which they came, one at least. */
  #next(): Waiting<Item, Result>[] {
    let size = 0;
    const over = this.#waiting.findIndex((one, no) => {
      size += one.size;
      return no > 0 && (size > this.#sizeMax || no === itemsMax);
    });
    return this.#waiting.splice(0, over < 0 ? this.#waiting.length : over);
  }
}
