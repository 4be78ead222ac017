// Columns of the table: which, how wide, what the time is counted from, and by what it is sorted.
import { computed, signal } from '@preact/signals';
import type { Order, SortKey } from '../worker/api.ts';
import { isOneOf, kept, reset } from './kept.ts';

export const COLUMN_KEYS = [
  'number',
  'time',
  'connection',
  'type',
  'flags',
  'length',
  'content',
] as const;
export type ColumnKey = (typeof COLUMN_KEYS)[number];

export type TimeKind = 'start' | 'delta' | 'clock';

/** Those that somebody has chosen; undefined: those that there is room for. */
export const chosenColumns = kept<ColumnKey[] | undefined>(
  'columns',
  undefined,
  (value) => Array.isArray(value) && value.every(isOneOf(...COLUMN_KEYS)),
);

/** Those that the table has now. */
export const shownColumns = signal<ColumnKey[]>([...COLUMN_KEYS]);

/** Widths in pixels that somebody has given. */
export const columnWidths = kept<Partial<Record<ColumnKey, number>>>(
  'column-widths',
  {},
  (value) =>
    typeof value === 'object' && Object.values(value ?? {}).every((n) => Number.isFinite(n)),
);

export const LEAST_COLUMN = 34;
const MOST_COLUMN = 2000;

export function resizeColumn(key: ColumnKey, pixels: number | undefined) {
  const { [key]: _, ...others } = columnWidths.peek();
  columnWidths.value =
    pixels === undefined
      ? others
      : {
          ...others,
          [key]: Math.round(Math.min(MOST_COLUMN, Math.max(LEAST_COLUMN, pixels))),
        };
}

export const timeKind = kept<TimeKind>('time', 'start', isOneOf('start', 'delta', 'clock'));
/** Only who looks at them waits for them. */
export const wantsDeltas = computed(() => timeKind.value === 'delta');

/** Undefined: in the order of time. */
export const order = signal<Order | undefined>(undefined);

/** Upwards, downwards, and back to the order of time. */
export function sortBy(by: SortKey) {
  const now = order.peek();
  if (by === 'time') order.value = now?.by === 'time' ? undefined : { by, descending: true };
  else if (now?.by !== by) order.value = { by, descending: by === 'length' };
  else if (now.descending === (by === 'length'))
    order.value = { by, descending: !now.descending };
  else order.value = undefined;
}

export function resetColumns() {
  reset(chosenColumns, columnWidths, timeKind);
  order.value = undefined;
}
