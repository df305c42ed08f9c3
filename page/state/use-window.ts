import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Slice, sliceOf, topsOf } from '../model/windowing.ts';

/** The pixels of one rem, which grows with the reader's font size. */
export const pixelsOfRem = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

/** Which rows of a list, inside the element of `list`, are in sight; renewed as the page scrolls. Heights are in pixels. */
export function useWindow(heights: readonly number[]): { list: RefObject<HTMLElement | null>; slice: Slice } {
  const list = useRef<HTMLElement>(null);
  const tops = useMemo(() => topsOf(heights), [heights]);
  const [, render] = useState(0);
  useEffect(() => {
    let frame: number | undefined;
    const update = () => {
      frame ??= requestAnimationFrame(() => {
        frame = undefined;
        render((count) => count + 1);
      });
    };
    addEventListener('scroll', update, { passive: true });
    addEventListener('resize', update);
    update();
    return () => {
      if (frame !== undefined) cancelAnimationFrame(frame);
      removeEventListener('scroll', update);
      removeEventListener('resize', update);
    };
  }, []);
  const top = list.current ? -list.current.getBoundingClientRect().top : 0;
  return { list, slice: sliceOf(tops, top, top + innerHeight) };
}
