// Keys that work everywhere on the page. Those of the table, the bytes and the diagram are theirs.
import { cancel, nextError } from './actions.ts';
import { compareConnection, compareMessage } from './compare.ts';
import { findOpen } from './find.ts';
import { closePanel, openDetail, panel } from './layout.ts';
import * as store from './store.ts';
import { switchTheme } from './theme.ts';

/** What the help says. */
export const KEYS: { keys: string[]; about: string }[] = [
  { keys: ['/'], about: 'to the filter' },
  { keys: ['Ctrl', 'F'], about: 'find in payloads; Enter and Shift+Enter go on and back' },
  { keys: ['n', 'p'], about: 'next issue, previous issue' },
  { keys: ['g'], about: 'go to a frame or an offset' },
  { keys: ['o'], about: 'open a file' },
  { keys: ['v'], about: 'paste bytes' },
  { keys: ['m'], about: 'frames or messages' },
  { keys: ['h'], about: 'hide or show heartbeats' },
  {
    keys: ['1', '…', '7'],
    about: 'frame, payload, handshake, issues, statistics, conversation, difference',
  },
  { keys: ['c', 'C'], about: 'compare others with this message, with this connection' },
  { keys: ['t', 'b', 'd'], about: 'to the table, the bytes, the diagram' },
  { keys: ['↑', '↓', 'PgUp', 'PgDn', 'Home', 'End'], about: 'move in lists, tables and bytes' },
  { keys: ['Shift', '→', '←'], about: 'a column wider, narrower, at its head' },
  { keys: ['→', '←'], about: 'unfold and fold a message, a branch' },
  { keys: ['Enter'], about: 'from the table to the details; from a byte to its frame' },
  { keys: ['Esc'], about: 'close, or stop reading' },
  { keys: ['l'], about: 'light or dark' },
  { keys: ['?'], about: 'this help' },
];

const TABS: store.Tab[] = [
  'frame',
  'payload',
  'handshake',
  'errors',
  'statistics',
  'conversation',
  'difference',
];

const focus = (selector: string) => document.querySelector<HTMLElement>(selector)?.focus();

/** Pictures that a frame's details are waited for. */
const PATIENCE = 60;

function toFrameTab(selector: string, patience = PATIENCE) {
  store.tab.value = 'frame';
  openDetail();
  requestAnimationFrame(() => {
    focus(selector);
    const there = document.activeElement?.matches(selector);
    if (!there && patience > 0) toFrameTab(selector, patience - 1);
  });
}

const ACTIONS: Record<string, () => void> = {
  '/': () => focus('#filter'),
  n: () => void nextError(1),
  p: () => void nextError(-1),
  N: () => void nextError(-1),
  g: () => {
    store.gotoOpen.value = true;
  },
  o: () => document.getElementById('file')?.click(),
  v: () => {
    store.pasteOpen.value = true;
  },
  m: () => {
    store.kind.value = store.kind.peek() === 'frames' ? 'messages' : 'frames';
  },
  h: () => {
    store.hideHeartbeats.value = !store.hideHeartbeats.peek();
  },
  t: () => focus('.table .grid-row[tabindex="0"]'),
  b: () => toFrameTab('.hex-scroll [tabindex="0"]'),
  d: () => toFrameTab('.segment[tabindex="0"]'),
  c: compareMessage,
  C: compareConnection,
  l: switchTheme,
  '?': () => {
    store.helpOpen.value = true;
  },
  Escape: () => {
    // What had the focus in the panel may be gone: a message that was released, its connection.
    if (panel.peek()) closePanel();
    else if (store.reading.peek()) cancel();
  },
  ...Object.fromEntries(
    TABS.map((tab, i) => [
      String(i + 1),
      () => {
        store.tab.value = tab;
        openDetail();
      },
    ]),
  ),
};

export function listenToKeys() {
  document.addEventListener('keydown', (event) => {
    if (
      event.key === 'f' &&
      (event.ctrlKey || event.metaKey) &&
      !event.altKey &&
      !event.shiftKey
    ) {
      // The browser's own search sees only the rows that are drawn.
      if (!store.origin.peek() || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      if (findOpen.peek()) focus('#find');
      findOpen.value = true;
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (!(target instanceof HTMLElement)) return;
    if (target.closest('dialog, [role=menu]')) return;
    const typing = target.matches(
      'input:not([type=checkbox], [type=radio], [type=range]), textarea, select',
    );
    if (typing) return;
    const action = ACTIONS[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
