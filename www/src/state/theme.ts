// Dark or light: as the system has it, until someone chooses.
import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'dark' | 'light';

const KEY = 'ws4wasm-theme';
const system = matchMedia('(prefers-color-scheme: light)');

function remembered(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'dark' || value === 'light' ? value : 'system';
  } catch {
    // A page from disk may have no storage.
    return 'system';
  }
}

export const theme = signal<Theme>(remembered());
const systemTheme = signal<'dark' | 'light'>(system.matches ? 'light' : 'dark');
system.addEventListener('change', () => {
  systemTheme.value = system.matches ? 'light' : 'dark';
});

/** What is shown now; plots read their colours again when it changes. */
export const shownTheme = signal<'dark' | 'light'>('dark');

effect(() => {
  const now = theme.value === 'system' ? systemTheme.value : theme.value;
  document.documentElement.dataset.theme = now;
  shownTheme.value = now;
});

export function switchTheme() {
  theme.value = shownTheme.peek() === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // Then it lasts as long as the page.
  }
}
