// Rows of the view as the table needs them: fetched in blocks, kept while they are true.
import { signal } from '@preact/signals';
import { BLOCK, type Shown, type TableRow } from '../worker/api.ts';
import { call } from '../worker/rpc.ts';
import { row as active, rows as count } from './store.ts';

const MOST_BLOCKS = 64;
/** Blocks fetched before and behind those in sight: what is scrolled to next. */
const AHEAD = 2;
/** The Worker answers in order: what is asked for beyond this waits behind what is out of sight. */
const MOST_ASKED = 2;

/** Changes when rows have come. */
export const arrived = signal(0);

/** Changes with the view: what was asked of another is of no use. */
let generation = 0;
/** The state of the inspection; rows of an earlier one are drawn until the new ones are there. */
let revision = -1;
let blocks = new Map<number, { rows: TableRow[]; revision: number }>();
const asked = new Set<number>();
let sight = { from: 0, to: 0 };

/** There is another view: all rows are others, and these of them are known. */
export function replace(known: Pick<Shown, 'revision' | 'from' | 'sight'>) {
  generation++;
  revision = known.revision;
  asked.clear();
  blocks = new Map();
  for (let at = 0; at < known.sight.length; at += BLOCK) {
    keep((known.from + at) / BLOCK, known.sight.slice(at, at + BLOCK), revision);
  }
  arrived.value++;
}

/** There is nothing yet. */
export const clear = () => replace({ revision: -1, from: 0, sight: [] });

/** The first row in sight. */
export const sightFrom = () => sight.from;

/** The inspection goes on: rows may have changed. */
export function outdate(now: number) {
  if (now === revision) return;
  revision = now;
  arrived.value++;
}

/** The first rows, which come unasked. */
export function begin(rows: TableRow[]) {
  if (!blocks.has(0)) keep(0, rows, -1);
}

export const rowAt = (index: number) =>
  blocks.get(Math.floor(index / BLOCK))?.rows[index % BLOCK];

/** Sees to it that these rows are there, soon. */
export function want(from: number, to: number) {
  sight = { from, to };
  fetchMore();
}

/** What is in sight comes first, then what is near. */
function fetchMore() {
  const last = Math.floor((count.peek() - 1) / BLOCK);
  const top = Math.floor(sight.from / BLOCK);
  const bottom = Math.floor(Math.max(sight.from, sight.to - 1) / BLOCK);
  const wanted = Array.from({ length: bottom - top + 1 }, (_, i) => top + i);
  for (let n = 1; n <= AHEAD; n++) wanted.push(bottom + n, top - n);
  // The active row is drawn where it is, for the focus, also out of sight.
  if (active.peek() >= 0) wanted.push(Math.floor(active.peek() / BLOCK));
  for (const n of wanted) {
    if (asked.size >= MOST_ASKED) return;
    if (n < 0 || n > last || asked.has(n)) continue;
    const block = blocks.get(n);
    // Elsewhere, old rows do until they come into sight.
    if (!block || (block.revision !== revision && n >= top && n <= bottom)) void fetchBlock(n);
  }
}

async function fetchBlock(n: number) {
  const mine = generation;
  asked.add(n);
  let found: { rows: TableRow[]; revision: number };
  try {
    found = await call('rows', n * BLOCK, BLOCK);
  } catch {
    // The Worker says so itself where it is over.
    if (mine === generation) asked.delete(n);
    return;
  }
  if (mine !== generation) return;
  asked.delete(n);
  // What the Worker says comes in order: this is the latest.
  revision = found.revision;
  keep(n, found.rows, revision);
  fetchMore();
}

function keep(n: number, rows: TableRow[], revision: number) {
  blocks.delete(n);
  blocks.set(n, { rows, revision });
  // The oldest goes first.
  for (const key of blocks.keys()) {
    if (blocks.size <= MOST_BLOCKS) break;
    blocks.delete(key);
  }
  arrived.value++;
}
