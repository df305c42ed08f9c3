/** Items in order of arrival, taken in turn from each address (round robin), so that none delays the others. */
export class FairQueue<T> {
  readonly #byAddress = new Map<string, Set<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(address: string, item: T): void {
    const items = this.#byAddress.get(address) ?? new Set();
    this.#byAddress.set(address, items.add(item));
    this.#size += 1;
  }

  /** Removes the item; without effect if it was taken. */
  remove(address: string, item: T): void {
    const items = this.#byAddress.get(address);
    if (!items?.delete(item)) return;
    this.#size -= 1;
    if (items.size === 0) this.#byAddress.delete(address);
  }

  /** Takes the oldest item of the address whose turn it is. */
  take(): T | undefined {
    const [turn] = this.#byAddress;
    if (!turn) return undefined;
    const [address, items] = turn;
    const [item] = items;
    this.remove(address, item!);
    // Last in the Map: its next turn comes after those of all others.
    if (this.#byAddress.delete(address)) this.#byAddress.set(address, items);
    return item;
  }

  /** Takes the newest item of the address that has most; of several such, the one that has its turn last. */
  takeFromLongest(): T | undefined {
    let [longest] = this.#byAddress;
    if (!longest) return undefined;
    for (const entry of this.#byAddress) if (entry[1].size >= longest[1].size) longest = entry;
    const [address, items] = longest;
    const item = [...items].at(-1)!;
    this.remove(address, item);
    return item;
  }
}
