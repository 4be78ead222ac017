// What was typed, kept for the next time, newest first, as readline has it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const file = join(
  process.env.XDG_STATE_HOME || join(homedir(), '.local/state'),
  'ws4wasm/history',
);
const LINES = 1000;

export function loadHistory() {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(0, LINES);
  } catch {
    return [];
  }
}

/** @param {string[]} lines */
export function saveHistory(lines) {
  if (lines.length === 0) return;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // Nobody else's to read: what is sent may be secret.
    writeFileSync(file, `${lines.slice(0, LINES).join('\n')}\n`, { mode: 0o600 });
  } catch {
    // A home that cannot be written to has no history.
  }
}
