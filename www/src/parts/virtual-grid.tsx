// A grid or tree grid of any number of rows of the same height, of which only those in sight
// exist (scroll.ts). Roving focus: one row can be reached by Tab, and arrows move from there.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useWindow } from './scroll.ts';

const ROW = 24;

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
  onWidth?: (pixels: number) => void;
  empty?: ComponentChildren;
  /** Keeps the end in sight while rows are added, as long as it is in sight. */
  follow?: boolean;
}

export function VirtualGrid(props: VirtualGridProps) {
  const { count, columns, active, kind, label } = props;
  // The header row lies over the first.
  const sight = useWindow(count, ROW, { head: ROW, onWidth: props.onWidth });
  const { first, last, ref } = sight;
  const focused = useRef(false);
  const template = columns.map((column) => column.width).join(' ');

  useLayoutEffect(() => props.onRange(first, last), [first, last, count, props.version]);

  useLayoutEffect(() => {
    if (active >= 0 && active < count) sight.reveal(active);
  }, [active]);

  // The row that is active keeps the focus if the grid had it.
  useLayoutEffect(() => {
    if (!focused.current) return;
    const row = ref.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (row && document.activeElement !== row) row.focus({ preventScroll: true });
  });

  useLayoutEffect(() => {
    if (props.follow && sight.atEnd.current && count > 0) sight.reveal(count - 1);
  }, [count, sight.page]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLElement && event.target.closest('button, input')) return;
    const { page } = sight;
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

  const indices = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  // The row that has the focus stays, even out of sight: else the focus would be lost.
  if (active >= 0 && active < count && (active < first || active >= last)) indices.push(active);
  const reachable = active >= 0 && active < count ? active : 0;

  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have these
    <div
      class="grid"
      ref={ref}
      role={kind}
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      style={{ '--columns': template }}
      onScroll={sight.onScroll}
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
          const y = Math.min(Math.max(sight.y(index), -9 * ROW), (last - first + 9) * ROW);
          return (
            <div
              key={index}
              role="row"
              data-index={index}
              class={`grid-row ${about?.class ?? ''}`}
              style={{ transform: `translateY(${y}px)` }}
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
      <div style={{ height: `${sight.spacer}px` }} aria-hidden="true" />
      {count === 0 && <div class="grid-empty">{props.empty}</div>}
    </div>
  );
}
