// Text by lines or words, bytes by rows: what both have, and what one has.
import { diffArrays, diffLines, diffWordsWithSpace } from 'diff';
import type { HexRow, Piece } from './types.ts';

const BOUNDS = { maxEditLength: 2000, timeout: 500 };
/** Bytes up to here are found again where something was put in before them. */
const MOST_MOVED = 64 * 1024;
/** What is the same is shown this far around what differs: lines or rows, and characters. */
const AROUND = 2;
const AROUND_WORDS = 100;
const MOST_PIECES = 1000;
const MOST_TEXT = 100_000;
const ROW = 8;

type Change<T> = { value: T; added: boolean; removed: boolean };

const sideOf = ({ added, removed }: Change<unknown>): 'both' | 'first' | 'second' =>
  added ? 'second' : removed ? 'first' : 'both';

export interface TextDifference {
  by: 'lines' | 'words';
  pieces: Piece<string>[];
  notes: string[];
}

export function textDifference(first: string, second: string): TextDifference {
  const by = /\n/.test(first.trimEnd()) || /\n/.test(second.trimEnd()) ? 'lines' : 'words';
  const changes: Change<string>[] | undefined =
    by === 'lines'
      ? diffLines(first, second, BOUNDS)
      : diffWordsWithSpace(first, second, BOUNDS);
  const notes = changes ? [] : ['They have too little in common: only the ends are compared.'];
  const pieces: Piece<string>[] = [];
  let room = MOST_TEXT;
  for (const [i, change] of (changes ?? endsOf(first, second)).entries()) {
    const of = sideOf(change);
    const shown: Piece<string>[] =
      of === 'both' ? folded(change.value, by, i > 0) : [{ of, value: change.value }];
    for (const piece of shown) {
      if ('skipped' in piece) pieces.push(piece);
      else {
        const { value } = piece;
        const cut = value.length > room ? `${value.slice(0, room)}…` : value;
        pieces.push({ of, value: cut });
        room -= cut.length;
      }
    }
    if (room <= 0 || pieces.length > MOST_PIECES) {
      notes.push('There are more differences than are shown.');
      break;
    }
  }
  return { by, pieces: trimmed(pieces, by), notes };
}

/** What lies between differences, without its middle. */
function folded(text: string, by: 'lines' | 'words', begun: boolean): Piece<string>[] {
  const units = by === 'lines' ? (text.match(/[^\n]*\n|[^\n]+$/g) ?? []) : [...text];
  const around = by === 'lines' ? AROUND : AROUND_WORDS;
  const head = begun ? around : 0;
  const skipped = units.length - head - around;
  if (skipped <= 1) return [{ of: 'both', value: text }];
  return [
    ...(head ? [{ of: 'both' as const, value: units.slice(0, head).join('') }] : []),
    { skipped },
    { of: 'both', value: units.slice(-around).join('') },
  ];
}

/** What is the same at the end leads to nothing. */
function trimmed(pieces: Piece<string>[], by: 'lines' | 'words'): Piece<string>[] {
  const [before, last] = pieces.slice(-2);
  if (!last || 'skipped' in last || last.of !== 'both' || !before || !('skipped' in before)) {
    return pieces;
  }
  const more = by === 'lines' ? last.value.split('\n').length - 1 || 1 : [...last.value].length;
  return [...pieces.slice(0, -2), { skipped: before.skipped + more }];
}

/** Without the time for more: what both begin and end with, and what is between. */
function endsOf(first: string, second: string): Change<string>[] {
  const most = Math.min(first.length, second.length);
  let head = 0;
  while (head < most && first[head] === second[head]) head++;
  let tail = 0;
  while (tail < most - head && first.at(-1 - tail) === second.at(-1 - tail)) tail++;
  const change = (value: string, added: boolean, removed: boolean) => ({
    value,
    added,
    removed,
  });
  return [
    change(first.slice(0, head), false, false),
    change(first.slice(head, first.length - tail), false, true),
    change(second.slice(head, second.length - tail), true, false),
    change(first.slice(first.length - tail), false, false),
  ].filter(({ value }) => value);
}

/** Each byte of both sides, beside the other's where it has one. */
function cellsOf(first: Uint8Array, second: Uint8Array) {
  const cells: [number | undefined, number | undefined][] = [];
  const short = Math.max(first.length, second.length) <= MOST_MOVED;
  const changes = short ? diffArrays(Array.from(first), Array.from(second), BOUNDS) : undefined;
  if (!changes) {
    for (let i = 0; i < Math.max(first.length, second.length); i++)
      cells.push([first[i], second[i]]);
    return { cells, inPlace: true };
  }
  // A byte that is another stands in one cell, not in two.
  let removed: number[] = [];
  const settle = (added: number[]) => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++)
      cells.push([removed[i], added[i]]);
    removed = [];
  };
  for (const change of changes) {
    if (change.removed) {
      removed = change.value;
      continue;
    }
    settle(change.added ? change.value : []);
    if (!change.added) for (const byte of change.value) cells.push([byte, byte]);
  }
  settle([]);
  return { cells, inPlace: false };
}

export function bytesDifference(first: Uint8Array, second: Uint8Array) {
  const { cells, inPlace } = cellsOf(first, second);
  const pieces: Piece<HexRow>[] = [];
  const notes = inPlace
    ? ['They are compared byte by byte in place: what was put in shifts all that follows.']
    : [];
  const at = { first: 0, second: 0 };
  let same: Piece<HexRow>[] = [];
  const settle = (last: boolean) => {
    const head = pieces.length ? AROUND : 0;
    const tail = last ? 0 : AROUND;
    if (same.length > head + tail + 1) {
      const skipped = same.length - head - tail;
      pieces.push(
        ...same.slice(0, head),
        { skipped },
        ...same.slice(same.length - tail, same.length),
      );
    } else pieces.push(...same);
    same = [];
  };
  for (let from = 0; from < cells.length; from += ROW) {
    const part = cells.slice(from, from + ROW);
    const differ = part.map(([a, b]) => a !== b);
    const row = (side: 'first' | 'second'): HexRow => {
      const bytes = part.map((cell) => cell[side === 'first' ? 0 : 1]);
      const offset = at[side];
      at[side] += bytes.filter((byte) => byte !== undefined).length;
      return { offset, bytes, differ };
    };
    const [one, other] = [row('first'), row('second')];
    if (!differ.includes(true)) same.push({ of: 'both', value: other });
    else {
      settle(false);
      pieces.push({ of: 'first', value: one }, { of: 'second', value: other });
    }
    if (pieces.length > MOST_PIECES) {
      notes.push('There are more differences than are shown.');
      return { rows: pieces, notes };
    }
  }
  settle(true);
  return { rows: pieces, notes };
}
