/** Concurrent calls per run. */
const MAX_CONCURRENT = 8;

/**
 * Calls `work` for every item, at most eight at a time, even if some calls fail; then throws the first error. Once `isEnough`, it
 * begins no further call.
 */
export async function forEachLimited<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  isEnough: () => boolean = () => false,
): Promise<void> {
  const rest = items.values();
  const errors: unknown[] = [];
  const worker = async () => {
    for (const item of rest) {
      if (isEnough()) return;
      await work(item).catch((error) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_CONCURRENT, items.length) }, worker));
  if (errors.length > 0) throw errors[0];
}
