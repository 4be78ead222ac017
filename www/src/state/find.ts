// What is looked for in the payloads: marked wherever it is seen, and gone to step by step.
import { batch, computed, effect, signal } from '@preact/signals';
import { call } from '../worker/rpc.ts';
import { fromSelection, selectFrame } from './actions.ts';
import { openDetail } from './layout.ts';
import { row, viewVersion } from './store.ts';

export const findOpen = signal(false);
export const findText = signal('');
/** What is to be marked; empty: nothing. */
export const needle = computed(() => (findOpen.value ? findText.value : ''));
/** Rows that have it; undefined while nobody knows. */
export const findCount = signal<number | undefined>(undefined);
/** Which of them is selected, counted from 1; 0: none. */
export const findAt = signal(0);

/** Typing goes on for as long, in milliseconds. */
const PAUSE = 150;

let asked = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
effect(() => {
  const text = needle.value;
  void viewVersion.value;
  const mine = ++asked;
  clearTimeout(timer);
  batch(() => {
    findCount.value = undefined;
    findAt.value = 0;
  });
  if (!text) return;
  timer = setTimeout(() => {
    void call('find', text).then((count) => {
      if (mine === asked) findCount.value = count;
    });
  }, PAUSE);
});

/** A key pressed twice goes two steps: each begins where the one before has ended. */
export const findNext = (step: 1 | -1) => fromSelection(() => go(step)).catch(() => {});

async function go(step: 1 | -1) {
  if (!needle.peek()) return;
  const mine = asked;
  // What is typed is perhaps not looked for yet.
  const count = findCount.peek() ?? (await call('find', needle.peek()));
  const found = await call('findNext', row.peek(), step);
  if (mine !== asked) return;
  findCount.value = count;
  findAt.value = found?.place ?? 0;
  if (!found) return;
  await selectFrame(found.frame);
  openDetail();
}

/** Pieces of a text, every second of which is what is looked for, as it stands there. */
export function pieces(text: string, what: string): string[] {
  if (!what) return [text];
  const found: string[] = [];
  const [all, one] = [text.toLowerCase(), what.toLowerCase()];
  let from = 0;
  // Letters whose other case is longer would shift everything behind them.
  if (all.length !== text.length) return [text];
  for (let at = all.indexOf(one); at >= 0; at = all.indexOf(one, at + one.length)) {
    found.push(text.slice(from, at), text.slice(at, at + one.length));
    from = at + one.length;
  }
  return [...found, text.slice(from)];
}

const lower = (byte: number | undefined) =>
  byte !== undefined && byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;

/** Which of these bytes belong to what is looked for. */
export function bytesFound(bytes: Uint8Array, what: string): Set<number> {
  const wanted = new TextEncoder().encode(what).map((byte) => lower(byte) ?? byte);
  const found = new Set<number>();
  if (wanted.length === 0) return found;
  for (let at = 0; at + wanted.length <= bytes.length; at++) {
    let n = 0;
    while (n < wanted.length && lower(bytes[at + n]) === wanted[n]) n++;
    if (n === wanted.length) for (let i = 0; i < n; i++) found.add(at + i);
  }
  return found;
}
