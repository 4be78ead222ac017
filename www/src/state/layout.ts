// How the page shares its room: where the panes are, how large, and what of them is open.
import { computed, signal } from '@preact/signals';
import { isBoolean, isNumber, isOneOf, kept, reset } from './kept.ts';

/** Below this width the details are a drawer over the table. */
const DRAWER_BELOW = 700;
/** From this width on there is room for a column of connections. */
const COLUMN_FROM = 1000;
/** From this width on there is room for the details beside the table. */
const BESIDE_FROM = 1360;
export const PANEL_WIDTH = 440;

export const CONNECTIONS = { least: 150, most: 520, initial: 224 } as const;
export const DETAIL_WIDTH = { least: 320, most: 1100, initial: 548 } as const;
export const DETAIL_HEIGHT = { least: 120, most: 900, initial: 320 } as const;

/** What needs the server that the page came from has a panel, one of them at a time. */
export const panel = signal<'act' | 'replay' | undefined>(undefined);

/** The button that has opened the panel has the focus again. */
export function closePanel() {
  const was = panel.peek();
  panel.value = undefined;
  document.querySelector<HTMLElement>(`.${was}-button`)?.focus();
}

const width = signal(innerWidth);
addEventListener('resize', () => {
  width.value = innerWidth;
});
/** Whether a panel has a column of its own. On a narrow page it lies over what is there. */
export const panelBeside = computed(() => width.value >= DRAWER_BELOW + PANEL_WIDTH);
/** The width that panes share. */
const room = computed(() => width.value - (panel.value && panelBeside.value ? PANEL_WIDTH : 0));

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
export const canHaveColumn = computed(() => room.value >= COLUMN_FROM);
export const hasColumn = computed(() => canHaveColumn.value && !connectionsFolded.value);

export const docked = computed<'right' | 'bottom' | 'drawer'>(() => {
  if (room.value < DRAWER_BELOW) return 'drawer';
  if (dock.value !== 'auto') return dock.value;
  return room.value >= BESIDE_FROM ? 'right' : 'bottom';
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
