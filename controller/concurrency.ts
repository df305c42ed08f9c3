/** As many calls as the controller's client has connections. */
export const MAX_CONCURRENT = 32;

interface Limits {
  /** Calls at a time; as many as there are connections by default. */
  concurrent?: number;
  /** No further call begins once this is true. */
  isEnough?: () => boolean;
}

/** Calls `work` for every item, a limited number at a time, even if some calls fail; then throws the first error. */
export async function forEachLimited<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  { concurrent = MAX_CONCURRENT, isEnough = () => false }: Limits = {},
): Promise<void> {
  const rest = items.values();
  const errors: unknown[] = [];
  const worker = async () => {
    for (const item of rest) {
      if (isEnough()) return;
      await work(item).catch((error) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrent, items.length) }, worker));
  if (errors.length > 0) throw errors[0];
}
