// Signals that outlive the page, where the browser lets them.
import { effect, type Signal, signal } from '@preact/signals';

const PREFIX = 'ws4wasm-';

/** The signals by name, to be set back to what they were at first. */
const initials = new Map<Signal<unknown>, unknown>();

/**
 * @param fits whether what was kept, perhaps by an older page, is still a value
 */
export function kept<T>(
  name: string,
  initial: T,
  fits: (value: unknown) => boolean,
): Signal<T> {
  const found = read(PREFIX + name);
  const own = signal(found !== undefined && fits(found) ? (found as T) : initial);
  initials.set(own as Signal<unknown>, initial);
  let first = true;
  effect(() => {
    const { value } = own;
    // What nobody has changed stays what the page makes of it, in later versions, too.
    if (!first) write(PREFIX + name, value === initial ? undefined : value);
    first = false;
  });
  return own;
}

export function reset(...signals: Signal[]) {
  for (const one of signals) one.value = initials.get(one);
}

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') ?? undefined;
  } catch {
    // A page from disk may have no storage, and what is there may be of somebody else.
    return undefined;
  }
}

function write(key: string, value: unknown) {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Then it lasts as long as the page.
  }
}

export const isNumber = (value: unknown) => Number.isFinite(value);
export const isBoolean = (value: unknown) => typeof value === 'boolean';
export const isOneOf =
  (...values: unknown[]) =>
  (value: unknown) =>
    values.includes(value);
