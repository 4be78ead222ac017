// Rows of the view as the table needs them: fetched in blocks, kept while they are true.
import { signal } from '@preact/signals';
import type { Row } from 'ws4wasm/inspect';
import { call } from '../worker/rpc.ts';
import { rows as count } from './store.ts';

const BLOCK = 64;
const MOST_BLOCKS = 64;

/** Changes when rows have come. */
export const arrived = signal(0);

let generation = 0;
/** What is drawn until the new rows of a block are there. */
let blocks = new Map<number, { rows: Row[]; fresh: boolean }>();
const asked = new Set<number>();

/** Everything that was fetched may have changed; with `forget` it is certainly wrong. */
export function invalidate({ forget }: { forget: boolean }) {
  generation++;
  asked.clear();
  if (forget) blocks = new Map();
  else for (const block of blocks.values()) block.fresh = false;
  arrived.value++;
}

export const rowAt = (index: number) =>
  blocks.get(Math.floor(index / BLOCK))?.rows[index % BLOCK];

/** Sees to it that these rows are there, soon. */
export function want(from: number, to: number) {
  const last = Math.min(to, count.peek()) - 1;
  for (let n = Math.floor(from / BLOCK); n <= Math.floor(last / BLOCK) && last >= 0; n++) {
    if (!asked.has(n) && !blocks.get(n)?.fresh) void fetchBlock(n);
  }
}

async function fetchBlock(n: number) {
  const mine = generation;
  asked.add(n);
  let found: Row[];
  try {
    found = (await call('rows', n * BLOCK, BLOCK)).rows;
  } catch {
    return; // The Worker says so itself where it is over.
  }
  if (mine !== generation) return;
  asked.delete(n);
  blocks.delete(n);
  blocks.set(n, { rows: found, fresh: true });
  // The oldest goes first.
  for (const key of blocks.keys()) {
    if (blocks.size <= MOST_BLOCKS) break;
    blocks.delete(key);
  }
  arrived.value++;
}
