// A grid or tree grid of any number of rows of the same height, of which only those in sight
// exist (scroll.ts). Roving focus: one row can be reached by Tab, and arrows move from there.
import { useSignal } from '@preact/signals';
import { Component, type ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { useWindow, type Window } from './scroll.ts';

const ROW = 24;

export interface Column {
  key: string;
  title: string;
  /** A width of CSS grid; `ch` are those of the rows' font. */
  width: string;
  class?: string;
  /** Whether a click on its head sorts by it, and how it is sorted. */
  sort?: 'ascending' | 'descending' | 'none';
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
  /** What a row shows: as long as it is the same, the row is not drawn anew. */
  item: (index: number) => unknown;
  cell: (index: number, key: string) => ComponentChildren;
  /** All rows are drawn anew when it changes. */
  shows?: unknown;
  /** A row was chosen by a click or a touch. */
  onChoose?: () => void;
  /** Called with the rows in sight before they are drawn. */
  onRange: (from: number, to: number) => void;
  onKey?: (event: KeyboardEvent, index: number) => void;
  onActivate?: (index: number) => void;
  onWidth?: (pixels: number) => void;
  onSort?: (key: string) => void;
  /** A column is to be this wide; undefined: as at first. */
  onResize?: (key: string, pixels: number | undefined) => void;
  /** The least width of a row. */
  least: string;
  empty?: ComponentChildren;
  /** Keeps the end in sight while rows are added, as long as it is in sight. */
  follow?: boolean;
}

/** Rows stand still in a box that moves, so that scrolling draws no more than the new ones. */
const BASE = 64;

interface GridRowProps {
  grid: VirtualGridProps;
  index: number;
  item: unknown;
  y: number;
  selected: boolean;
  reachable: boolean;
  template: string;
  onPress: (index: number) => void;
  /** Changes with what its cells show. */
  shows: unknown;
}

class GridRow extends Component<GridRowProps> {
  override shouldComponentUpdate(next: GridRowProps) {
    const { index, item, y, selected, reachable, template, shows } = this.props;
    return (
      next.index !== index ||
      next.item !== item ||
      next.y !== y ||
      next.selected !== selected ||
      next.reachable !== reachable ||
      next.template !== template ||
      next.shows !== shows ||
      next.grid.kind !== this.props.grid.kind
    );
  }

  render({ grid, index, y, selected, reachable, onPress }: GridRowProps) {
    const about = grid.row(index);
    return (
      <div
        role="row"
        data-index={index}
        class={`grid-row ${about?.class ?? ''}`}
        style={{ transform: `translateY(${y}px)` }}
        aria-rowindex={index + 2}
        aria-selected={selected}
        aria-level={grid.kind === 'treegrid' ? (about?.level ?? 1) : undefined}
        aria-expanded={about?.expanded}
        tabIndex={reachable ? 0 : -1}
        onMouseDown={() => onPress(index)}
        onClick={grid.onChoose}
        onDblClick={() => grid.onActivate?.(index)}
        onFocus={() => {
          // Only a table in which nothing is active yet has such a row.
          if (!selected && reachable) grid.onActive(index);
        }}
      >
        {grid.columns.map((column) => (
          <div role="gridcell" key={column.key} class={`cell ${column.class ?? ''}`}>
            {about ? grid.cell(index, column.key) : null}
          </div>
        ))}
      </div>
    );
  }
}

/** Rows that go lend their elements to those that come: which element each row has. */
function useSlots(indices: number[]) {
  const slots = useRef(new Map<number, number>());
  const now = new Map<number, number>();
  for (const index of indices) {
    const slot = slots.current.get(index);
    if (slot !== undefined) now.set(index, slot);
  }
  const taken = new Set(now.values());
  let free = 0;
  for (const index of indices) {
    if (now.has(index)) continue;
    while (taken.has(free)) free++;
    now.set(index, free++);
  }
  slots.current = now;
  return now;
}

/** So long, in milliseconds, what was in sight stays until what comes into sight is there. */
const PATIENCE = 100;

/** What is drawn: a leap is drawn once, when its rows have come, and not as empty rows first. */
function useDrawn(sight: Window, count: number, item: (index: number) => unknown) {
  const drawn = useRef(sight);
  const since = useRef<number | undefined>(undefined);
  const patience = useSignal(0);
  const isThere = ({ first, last }: Window) => {
    for (let index = first; index < last; index++) if (!item(index)) return false;
    return last <= count;
  };
  const now = performance.now();
  const ready = isThere(sight);
  if (ready || !isThere(drawn.current) || now - (since.current ?? now) >= PATIENCE) {
    drawn.current = sight;
    if (ready) since.current = undefined;
  } else since.current ??= now;
  const waits = drawn.current !== sight;
  useEffect(() => {
    if (!waits) return;
    const timer = setTimeout(() => {
      patience.value++;
    }, PATIENCE);
    return () => clearTimeout(timer);
  }, [waits]);
  void patience.value;
  return drawn.current;
}

/** Pixels by which keys make a column wider. */
const RESIZE_STEP = 12;

/** One of the columns' heads can be reached by Tab; arrows go from one to the next. */
function Head({ columns, onSort, onResize }: VirtualGridProps) {
  const reachable = useSignal(0);
  const box = useRef<HTMLDivElement>(null);
  const drag = useRef<{ at: number; width: number } | undefined>(undefined);
  const heads = () => [...(box.current?.querySelectorAll<HTMLElement>('.head') ?? [])];
  const widthOf = (i: number) => heads()[i]?.parentElement?.getBoundingClientRect().width ?? 0;
  const at = Math.min(reachable.value, columns.length - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === 'ArrowDown') {
      box.current?.parentElement
        ?.querySelector<HTMLElement>('.grid-row[tabindex="0"]')
        ?.focus();
    } else if (step && event.shiftKey) {
      onResize?.(columns[at].key, widthOf(at) + step * RESIZE_STEP);
    } else if (step) {
      reachable.value = Math.min(columns.length - 1, Math.max(0, at + step));
      heads()[reachable.value]?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="grid-head" role="row" aria-rowindex={1} ref={box} onKeyDown={onKeyDown}>
      {columns.map(({ key, title, sort, class: names }, i) => (
        <div
          role="columnheader"
          key={key}
          class={`cell ${names ?? ''}`}
          aria-sort={sort === 'none' ? undefined : sort}
        >
          <button
            type="button"
            class="head"
            tabIndex={i === at ? 0 : -1}
            aria-disabled={!sort}
            title={`${sort ? 'Sort by it' : title}; Shift and arrows, or dragging its end, make the column wider`}
            onFocus={() => {
              reachable.value = i;
            }}
            onClick={() => sort && onSort?.(key)}
          >
            {title}
            {sort && sort !== 'none' && (
              <span aria-hidden="true">{sort === 'ascending' ? ' ▴' : ' ▾'}</span>
            )}
          </button>
          {i < columns.length - 1 && (
            <span
              class="resizer"
              aria-hidden="true"
              onDblClick={() => onResize?.(key, undefined)}
              onPointerDown={(event) => {
                event.preventDefault();
                event.currentTarget.setPointerCapture(event.pointerId);
                drag.current = { at: event.clientX, width: widthOf(i) };
              }}
              onPointerMove={(event) => {
                const from = drag.current;
                if (from) onResize?.(key, from.width + event.clientX - from.at);
              }}
              onLostPointerCapture={() => {
                drag.current = undefined;
              }}
            />
          )}
        </div>
      ))}
    </div>
  );
}

export function VirtualGrid(props: VirtualGridProps) {
  const { count, columns, active, kind, label } = props;
  // The header row lies over the first.
  const sight = useWindow(count, ROW, { head: ROW, onWidth: props.onWidth });
  const { ref } = sight;
  const focused = useRef(false);
  const template = columns.map((column) => column.width).join(' ');

  useLayoutEffect(
    () => props.onRange(sight.first, sight.last),
    [sight.first, sight.last, count, props.version],
  );

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

  const drawn = useDrawn(sight, count, props.item);
  const { first, last } = drawn;
  const indices = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  // The row that has the focus stays, even out of sight: else the focus would be lost.
  if (active >= 0 && active < count && (active < first || active >= last)) indices.push(active);
  const slots = useSlots(indices);
  const reachable = active >= 0 && active < count ? active : 0;
  const base = first - (first % BASE);
  const onPress = (index: number) => {
    focused.current = true;
    props.onActive(index);
  };

  return (
    <div class="grid-box">
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have these */}
      <div
        class="grid"
        ref={ref}
        role={kind}
        aria-label={label}
        aria-rowcount={count + 1}
        aria-colcount={columns.length}
        style={{ '--columns': template, '--least': props.least }}
        onScroll={sight.onScroll}
        onKeyDown={onKeyDown}
        onFocusIn={(event) => {
          focused.current = (event.target as Element).closest('.grid-row') !== null;
        }}
        onFocusOut={(event) => {
          const next = event.relatedTarget as Element | null;
          focused.current =
            next !== null && event.currentTarget.contains(next) && !next.closest('.grid-head');
        }}
      >
        <Head {...props} />
        <div class="grid-window">
          <div role="rowgroup" style={{ transform: `translateY(${drawn.y(base)}px)` }}>
            {indices.map((index) => (
              <GridRow
                key={slots.get(index)}
                grid={props}
                index={index}
                item={props.item(index)}
                y={(Math.min(Math.max(index, first - 9), last + 9) - base) * ROW}
                selected={index === active}
                reachable={index === reachable}
                template={template}
                shows={props.shows}
                onPress={onPress}
              />
            ))}
          </div>
        </div>
        <div style={{ height: `${sight.spacer}px` }} aria-hidden="true" />
      </div>
      {count === 0 && <div class="grid-empty">{props.empty}</div>}
    </div>
  );
}
