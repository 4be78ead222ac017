// Which rows of a long list are in sight. The kept virtual lists (TanStack Virtual, virtua)
// make an element as high as all rows together, and browsers cut that. Here its height is
// capped and the position scaled, and the rows stand in a sticky box: what is scrolled is only
// the bar, so that nothing moves out of sight before its successor is drawn.
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** Below what Firefox (17.9 million) and Chromium (33.5 million) allow for an element. */
const MOST_PIXELS = 16_000_000;

export interface Window {
  ref: RefObject<HTMLDivElement | null>;
  onScroll: () => void;
  /** Rows to draw. */
  first: number;
  last: number;
  /** Where a row stands in the box that does not scroll. */
  y: (index: number) => number;
  /** Height of what is scrolled. */
  spacer: number;
  /** Rows that fit. */
  page: number;
  /** Brings a row into sight. */
  reveal: (index: number) => void;
  /** Whether the end is in sight. */
  atEnd: RefObject<boolean>;
}

/** Rows drawn above and below those in sight. */
const SPARE = 4;

/**
 * @param count of rows, each `row` pixels high
 * @param options.head pixels at the top that rows do not show through
 * @param options.onWidth told the width when it changes
 */
export function useWindow(
  count: number,
  row: number,
  options: { head?: number; onWidth?: ((pixels: number) => void) | undefined } = {},
): Window {
  const { head = 0 } = options;
  const onWidth = useRef(options.onWidth);
  onWidth.current = options.onWidth;
  const ref = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(480);
  const atEnd = useRef(true);
  /** Where the bar was put: it says so later, when there may be more rows below. */
  const put = useRef(0);

  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      height.value = element.clientHeight;
      onWidth.current?.(element.clientWidth);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const noteEnd = (element: HTMLElement) => {
    const { scrollTop, clientHeight, scrollHeight } = element;
    atEnd.current = scrollTop + clientHeight >= scrollHeight - row;
  };

  const total = count * row;
  const spacer = Math.min(total, MOST_PIXELS);
  /** What fits below the head, and the pixels of rows for a pixel of the scroll bar. */
  const fit = (pixels: number) => {
    const viewport = Math.max(row, pixels - head);
    return {
      viewport,
      scale: spacer > viewport ? (total - viewport) / (spacer - viewport) : 1,
    };
  };
  const { viewport, scale } = fit(height.value);
  const virtualTop = Math.min(top.value * scale, Math.max(0, total - viewport));
  return {
    ref,
    onScroll: () => {
      const element = ref.current;
      if (!element) return;
      top.value = element.scrollTop;
      if (element.scrollTop !== put.current) noteEnd(element);
    },
    first: Math.max(0, Math.floor(virtualTop / row) - SPARE),
    last: Math.min(count, Math.ceil((virtualTop + viewport) / row) + SPARE),
    y: (index) => Math.round(index * row - virtualTop),
    spacer,
    page: Math.max(1, Math.floor(viewport / row) - 1),
    reveal: (index) => {
      const element = ref.current;
      if (!element) return;
      // As high as it is now, which the observer says only later.
      const { viewport, scale } = fit(element.clientHeight);
      const start = index * row;
      const above = element.scrollTop * scale;
      if (start < above) element.scrollTop = start / scale;
      else if (start + row > above + viewport) {
        element.scrollTop = Math.ceil((start + row - viewport) / scale);
      }
      put.current = element.scrollTop;
      top.value = element.scrollTop;
      noteEnd(element);
    },
    atEnd,
  };
}
