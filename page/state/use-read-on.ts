import { useEffect, useState } from 'preact/hooks';

/** 10,000 runs, 500 a page. */
const MAX_PAGES = 20;

/**
 * Reads page after page while `wants`, as a filter that only the page knows may match nothing of the first ones. Returns whether
 * it is reading.
 */
export function useReadOn(wants: boolean, next: string | undefined, readOn: () => Promise<void>): boolean {
  const [pages, setPages] = useState(0);
  const isReading = wants && pages < MAX_PAGES;
  useEffect(() => {
    if (!isReading) return;
    void readOn().then(() => setPages((count) => count + 1));
  }, [isReading, next]);
  return isReading;
}
