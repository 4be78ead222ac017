// A grid or tree grid of any number of rows of the same height, of which only those in sight
// exist. The kept virtual lists (TanStack Virtual, virtua) make an element as high as all rows
// together, and browsers cut it: Firefox at 17.9 million pixels, Chromium at 33.5 million.
// Here the scrolled height is capped, the position is scaled, and the rows lie in a sticky
// box, so that nothing is ever scrolled out of sight before its successor is drawn.
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

/** Below what Firefox and Chromium allow. */
const MOST_PIXELS = 16_000_000;
const ROW = 24;
/** Rows drawn above and below those in sight. */
const SPARE = 4;

export interface Column {
  key: string;
  title: string;
  /** A width of CSS grid. */
  width: string;
  class?: string;
}

export interface RowProps {
  level?: number;
  expanded?: boolean;
  class?: string;
  label?: string;
}

export interface VirtualGridProps {
  label: string;
  kind: 'grid' | 'treegrid';
  columns: Column[];
  count: number;
  /** Whatever changes with it is drawn anew. */
  version: unknown;
  /** The active row, or -1. */
  active: number;
  onActive: (index: number) => void;
  /** What a row is beside its cells; undefined while it is on its way. */
  row: (index: number) => RowProps | undefined;
  cell: (index: number, key: string) => ComponentChildren;
  /** Called with the rows in sight before they are drawn. */
  onRange: (from: number, to: number) => void;
  onKey?: (event: KeyboardEvent, index: number) => void;
  onActivate?: (index: number) => void;
  empty?: ComponentChildren;
  /** Keeps the end in sight while rows are added, as long as it is in sight. */
  follow?: boolean;
}

export function VirtualGrid(props: VirtualGridProps) {
  const { count, columns, active, kind, label } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(480);
  const focused = useRef(false);
  const template = columns.map((column) => column.width).join(' ');

  const total = count * ROW;
  const spacer = Math.min(total, MOST_PIXELS);
  const viewport = height.value - ROW; // the header row lies over the first
  /** Pixels of rows for a pixel of the scroll bar. */
  const scale = spacer > viewport ? (total - viewport) / (spacer - viewport) : 1;
  const virtualTop = Math.min(top.value * scale, Math.max(0, total - viewport));
  const first = Math.max(0, Math.floor(virtualTop / ROW) - SPARE);
  const last = Math.min(count, Math.ceil((virtualTop + viewport) / ROW) + SPARE);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      height.value = element.clientHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // The active row comes into sight, and keeps the focus if the grid had it.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || active < 0 || active >= count) return;
    const start = active * ROW;
    if (start < virtualTop) element.scrollTop = start / scale;
    else if (start + ROW > virtualTop + viewport) {
      element.scrollTop = Math.ceil((start + ROW - viewport) / scale);
    }
    top.value = element.scrollTop;
  }, [active]);

  useLayoutEffect(() => {
    if (!focused.current) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (row && document.activeElement !== row) row.focus({ preventScroll: true });
  });

  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || !props.follow || !atEnd.current) return;
    element.scrollTop = element.scrollHeight;
    top.value = element.scrollTop;
  }, [count]);

  const onScroll = (event: JSX.TargetedEvent<HTMLDivElement>) => {
    const element = event.currentTarget;
    top.value = element.scrollTop;
    atEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - ROW;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLElement && event.target.closest('button, input')) return;
    const page = Math.max(1, Math.floor(viewport / ROW) - 1);
    const from = Math.max(0, active);
    const to: Record<string, number> = {
      ArrowDown: active < 0 ? 0 : from + 1,
      ArrowUp: from - 1,
      PageDown: from + page,
      PageUp: from - page,
      Home: 0,
      End: count - 1,
    };
    if (event.key in to && count > 0 && !event.altKey && !event.metaKey) {
      event.preventDefault();
      event.stopPropagation();
      props.onActive(Math.min(count - 1, Math.max(0, to[event.key])));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      props.onActivate?.(active);
    } else {
      props.onKey?.(event, active);
    }
  };

  props.onRange(first, last);
  const indices = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  // The row that has the focus stays, even out of sight: else the focus would be lost.
  if (active >= 0 && active < count && (active < first || active >= last)) indices.push(active);
  const reachable = active >= 0 && active < count ? active : 0;

  return (
    <div
      class="grid"
      ref={scroller}
      role={kind}
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      style={{ '--columns': template }}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      onFocusIn={() => {
        focused.current = true;
      }}
      onFocusOut={(event) => {
        focused.current = event.currentTarget.contains(event.relatedTarget as Node | null);
      }}
    >
      <div class="grid-head" role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <div role="columnheader" key={column.key} class={`cell ${column.class ?? ''}`}>
            {column.title}
          </div>
        ))}
      </div>
      <div class="grid-window" role="rowgroup">
        {indices.map((index) => {
          const about = props.row(index);
          const y = Math.round(index * ROW - virtualTop);
          const shown = Math.min(Math.max(y, -4 * ROW * SPARE), height.value + ROW * SPARE);
          return (
            <div
              key={index}
              role="row"
              data-index={index}
              class={`grid-row ${about?.class ?? ''}`}
              style={{ transform: `translateY(${shown}px)` }}
              aria-rowindex={index + 2}
              aria-selected={index === active}
              aria-level={kind === 'treegrid' ? (about?.level ?? 1) : undefined}
              aria-expanded={about?.expanded}
              tabIndex={index === reachable ? 0 : -1}
              onMouseDown={() => {
                focused.current = true;
                props.onActive(index);
              }}
              onDblClick={() => props.onActivate?.(index)}
              onFocus={() => {
                if (active < 0) props.onActive(index);
              }}
            >
              {columns.map((column) => (
                <div role="gridcell" key={column.key} class={`cell ${column.class ?? ''}`}>
                  {about ? props.cell(index, column.key) : null}
                </div>
              ))}
            </div>
          );
        })}
      </div>
      <div style={{ height: `${spacer}px` }} aria-hidden="true" />
      {count === 0 && <div class="grid-empty">{props.empty}</div>}
    </div>
  );
}
