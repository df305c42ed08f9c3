/** Collects items and hands them over together, once a frame: a thousand changes make one rendering. */
export function perFrame<T>(apply: (items: T[]) => void): { push(items: readonly T[]): void; cancel(): void } {
  let queue: T[] = [];
  let frame: number | undefined;
  return {
    push(items) {
      for (const item of items) queue.push(item);
      frame ??= requestAnimationFrame(() => {
        const ready = queue;
        queue = [];
        frame = undefined;
        apply(ready);
      });
    },
    cancel() {
      if (frame !== undefined) cancelAnimationFrame(frame);
      queue = [];
      frame = undefined;
    },
  };
}
