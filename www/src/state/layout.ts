// How the page shares its room: where the panes are, how large, and what of them is open.
import { computed, signal } from '@preact/signals';
import { isBoolean, isNumber, isOneOf, kept, reset } from './kept.ts';

/** Below this width the details are a drawer over the table. */
const DRAWER_BELOW = 700;
/** From this width on there is room for a column of connections. */
const COLUMN_FROM = 1000;
/** From this width on there is room for the details beside the table. */
const BESIDE_FROM = 1360;

export const CONNECTIONS = { least: 150, most: 520, initial: 224 } as const;
export const DETAIL_WIDTH = { least: 320, most: 1100, initial: 548 } as const;
export const DETAIL_HEIGHT = { least: 120, most: 900, initial: 320 } as const;

const reaches = (width: number) => {
  const query = matchMedia(`(min-width: ${width}px)`);
  const now = signal(query.matches);
  query.addEventListener('change', () => {
    now.value = query.matches;
  });
  return now;
};
const [drawerNot, column, beside] = [DRAWER_BELOW, COLUMN_FROM, BESIDE_FROM].map(reaches);

export const connectionsWidth = kept<number>(
  'connections-width',
  CONNECTIONS.initial,
  isNumber,
);
export const detailWidth = kept<number>('detail-width', DETAIL_WIDTH.initial, isNumber);
export const detailHeight = kept<number>('detail-height', DETAIL_HEIGHT.initial, isNumber);
export const connectionsFolded = kept('connections-folded', false, isBoolean);
export const timelineFolded = kept<boolean | undefined>(
  'timeline-folded',
  undefined,
  isBoolean,
);
/** Where the details are wanted; 'auto' is where there is room. */
export const dock = kept<'auto' | 'right' | 'bottom'>(
  'dock',
  'auto',
  isOneOf('auto', 'right', 'bottom'),
);

/** Whether connections have a column of their own, or are picked from a list that opens. */
export const hasColumn = computed(() => column.value && !connectionsFolded.value);
export const canHaveColumn = computed(() => column.value);

export const docked = computed<'right' | 'bottom' | 'drawer'>(() => {
  if (!drawerNot.value) return 'drawer';
  if (dock.value !== 'auto') return dock.value;
  return beside.value ? 'right' : 'bottom';
});

/** A phone has no room for it unless somebody wants it. */
export const hasTimeline = computed(() => !(timelineFolded.value ?? docked.value === 'drawer'));

/** The list of connections that opens where they have no column. */
export const pickerOpen = signal(false);
/** The drawer with the details. */
export const drawerOpen = signal(false);

/** Somebody wants to see the details of something. */
export function openDetail() {
  if (docked.peek() === 'drawer') drawerOpen.value = true;
}

export function resetLayout() {
  reset(connectionsWidth, detailWidth, detailHeight, connectionsFolded, timelineFolded, dock);
}
