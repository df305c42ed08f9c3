/** Preloaded into a controller (node --import): its work queue cannot start its eight workers, so each term fails at once. */
const from = Array.from as (source: { length?: number }, ...rest: unknown[]) => unknown[];

Object.assign(Array, {
  from(source: { length?: number }, ...rest: unknown[]) {
    if (source?.length === 8 && !Array.isArray(source)) throw new Error('no workers today');
    return from.call(Array, source, ...rest);
  },
});
