import type { Progress } from '../dev/cluster/progress.ts';

/** Repeats measurements. What is compared takes turns, so that a slow moment of the machine does not hit one side only. */
export class Rounds {
  readonly count: number;
  readonly #progress: Progress;

  constructor(count: number, progress: Progress) {
    this.count = count;
    this.#progress = progress;
  }

  /**
   * Measures each side once a round; each round begins with another side. Returns the results of each side, by round. `most`
   * limits the rounds of what takes minutes.
   */
  async compare<Side extends string, T>(
    what: string,
    sides: Record<Side, () => Promise<T>>,
    most = this.count,
  ): Promise<Record<Side, T[]>> {
    const entries = Object.entries<() => Promise<T>>(sides);
    const results = Object.fromEntries(entries.map(([side]) => [side, [] as T[]]));
    const rounds = Math.min(most, this.count);
    for (let round = 0; round < rounds; round++) {
      await this.#progress.step(`${what}, round ${round + 1} of ${rounds}`, async () => {
        const first = round % entries.length;
        for (const [side, measure] of [...entries.slice(first), ...entries.slice(0, first)]) {
          results[side]!.push(await measure());
        }
      });
    }
    return results as Record<Side, T[]>;
  }

  /** Measures something that has nothing beside it. */
  async repeat<T>(what: string, measure: () => Promise<T>, most?: number): Promise<T[]> {
    return (await this.compare(what, { measure }, most)).measure;
  }

  /**
   * The sides take turns call by call, `calls` times a round. Returns the milliseconds of each call of each side, by round.
   * `after` follows each round.
   */
  async takeTurns<Side extends string>(
    what: string,
    calls: number,
    sides: Record<Side, () => Promise<unknown>>,
    after: () => Promise<void> = async () => {},
  ): Promise<Record<Side, number[][]>> {
    const entries = Object.entries<() => Promise<unknown>>(sides);
    const rounds = await this.repeat(what, async () => {
      const times = Object.fromEntries(entries.map(([side]) => [side, [] as number[]]));
      for (let call = 0; call < calls; call++) {
        for (const [side, send] of entries) {
          const begun = performance.now();
          await send();
          times[side]!.push(performance.now() - begun);
        }
      }
      await after();
      return times;
    });
    const bySide = entries.map(([side]) => [side, rounds.map((times) => times[side]!)]);
    return Object.fromEntries(bySide) as Record<Side, number[][]>;
  }
}
