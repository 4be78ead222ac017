// The rows of a view in the order that is wanted, and with what a view does not say of its rows.
import type { Inspection, Row, View } from 'ws4wasm/inspect';
import { literal } from '../pattern.ts';
import type { Order, TableRow, Wanted } from './api.ts';

/** More rows than this are not looked at one by one, which takes some 10 µs each. */
export const MOST_READ = 50_000;
const MOST_FOUND = 1_000_000;
const PIECE = 4096;
/** Rows that grow are sorted anew after this, in milliseconds. */
const RESORT_EVERY = 1000;

export class TooMany extends Error {
  override name = 'TooMany';
}

export class Table {
  readonly #inspection: Inspection;
  readonly #view: View;
  readonly #order: Order | undefined;
  readonly #deltas: boolean;
  /** Rows of the view in the order wanted, and where each of them stands in it. */
  #sorted: Uint32Array | undefined;
  #places: Uint32Array | undefined;
  #sortedAt = 0;
  /** Frames, in the order of time, that have the text looked for, and how many rows there were. */
  #found = new Uint32Array();
  #wanted: string | undefined;
  #foundIn = 0;

  constructor(inspection: Inspection, { kind, filter, order, deltas }: Wanted) {
    this.#inspection = inspection;
    this.#view = inspection.view({ kind, filter, holes: true });
    this.#order = order;
    this.#deltas = deltas;
    try {
      this.#sort();
    } catch (error) {
      this.#view.free();
      throw error;
    }
  }

  /** For what is done with all rows, in the order of time. */
  get view() {
    return this.#view;
  }

  get length() {
    return this.#view.length;
  }

  update() {
    const before = this.#view.length;
    const now = this.#view.update();
    const due = performance.now() - this.#sortedAt > RESORT_EVERY;
    // What has come since the last sorting stands at the end until it is due.
    if (this.#sorted && (now < before || (now > this.#sorted.length && due))) this.#sort();
    return now;
  }

  rows(from: number, count: number): TableRow[] {
    const rows = this.#order ? this.#ordered(from, count) : this.#view.rows(from, count);
    return this.#deltas ? this.#withDeltas(rows) : rows;
  }

  #ordered(from: number, count: number) {
    const last = Math.min(this.length, from + count);
    const rows: Row[] = [];
    for (let i = from; i < last; i++) rows.push(...this.#view.rows(this.#rowAt(i), 1));
    return rows;
  }

  /** The view's row that stands here, or that would. */
  #rowAt(index: number) {
    if (this.#order?.by === 'time') return this.length - 1 - index;
    return this.#sorted?.[index] ?? index;
  }

  /** Where the view's row stands. */
  #placeOf(row: number) {
    if (row < 0) return row;
    if (this.#order?.by === 'time') return this.length - 1 - row;
    return this.#places?.[row] ?? row;
  }

  indexOf(frame: number) {
    return this.#placeOf(this.#view.indexOf(frame));
  }

  /** In the order of time, whatever the rows are sorted by: an error leads to the next. */
  findViolation(index: number, step: 1 | -1) {
    const inside = index >= 0 && index < this.length;
    const from = inside ? this.#rowAt(index) : index;
    return this.#placeOf(this.#view.findViolation(from, step));
  }

  find(text: string) {
    const { kind, filter } = this.#view;
    const test = `/${literal(text)}/i`;
    const of = this.#inspection.view({
      kind,
      filter: filter ? `(${filter}) and ${test}` : test,
    });
    this.#found = of.frames().slice(0, MOST_FOUND);
    this.#wanted = text;
    this.#foundIn = this.length;
    of.free();
    return this.#found.length;
  }

  /** In the order of time, as errors are. */
  findNext(index: number, step: 1 | -1) {
    if (this.#wanted !== undefined && this.#foundIn !== this.length) this.find(this.#wanted);
    const { length } = this.#found;
    if (length === 0) return undefined;
    const here = index >= 0 && index < this.length ? this.#rowAt(index) : -1;
    // The first that stands behind the row, or is it when one goes back.
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.#view.indexOf(this.#found[middle]);
      if (step > 0 ? row <= here : row < here) low = middle + 1;
      else high = middle;
    }
    const place = step > 0 ? low % length : (low - 1 + length) % length;
    return { frame: this.#found[place], place: place + 1 };
  }

  unfold(message: number, unfolded: boolean) {
    this.#view.unfold(message, unfolded);
  }

  free() {
    this.#view.free();
  }

  #sort() {
    this.#sortedAt = performance.now();
    const order = this.#order;
    if (!order || order.by === 'time') return;
    const keys = order.by === 'length' ? this.#lengths() : this.#read(order.by);
    const sign = order.descending ? -1 : 1;
    const sorted = Uint32Array.from(keys, (_, i) => i);
    // What is equal stays in the order of time.
    sorted.sort((a, b) => sign * (keys[a] - keys[b]) || a - b);
    const places = new Uint32Array(sorted.length);
    for (let i = 0; i < sorted.length; i++) places[sorted[i]] = i;
    this.#sorted = sorted;
    this.#places = places;
  }

  /** The points of a plot have the lengths of all rows at once, unless bytes are missing. */
  #lengths(): Float64Array {
    const view = this.#view;
    const { points } = this.#inspection.timeline({ view, points: view.length + 1 });
    return points?.length.length === view.length ? points.length : this.#read('length');
  }

  #read(by: 'connection' | 'type' | 'length') {
    const { length } = this.#view;
    if (length > MOST_READ) {
      throw new TooMany(
        `Sorting by ${by} takes at most ${MOST_READ.toLocaleString('en')} rows, and these are ${length.toLocaleString('en')}: filter them first.`,
      );
    }
    const keys = new Float64Array(length);
    for (let from = 0; from < length; from += PIECE) {
      for (const [i, row] of this.#view.rows(from, PIECE).entries()) {
        const { connection, code, direction } = row;
        if (by === 'connection') keys[from + i] = connection;
        else if (by === 'length') keys[from + i] = row.length;
        else keys[from + i] = 2 * code + (direction === 's2c' ? 1 : 0);
      }
    }
    return keys;
  }

  /** With the time since the frame before, of the same direction of the same connection. */
  #withDeltas(rows: Row[]): TableRow[] {
    return rows.map((row) => {
      const before = this.#inspection.frameAt(row.connection, row.direction, row.offset - 1);
      // Offset 0 to the handshake's end belong to no frame.
      const last = before === undefined ? undefined : this.#inspection.frame(before);
      return last ? { ...row, delta: row.time - last.row.time } : row;
    });
  }
}
