// The rows that have come since they were last asked for, each once.

/** Rows that are asked for at a time. */
export const ROWS = 1000;

/**
 * @typedef {import('../../inspect/index.js').Inspection} Inspection
 * @typedef {import('../../inspect/index.js').Row} Row
 */

/**
 * Follows a view. A row is given once it is complete, or at the end. Rows come in the order of
 * time, as far as they come together: one that could only be read later comes later.
 */
export class Rows {
  #view;
  #all;
  #live;
  /** Frames before this number were looked at. */
  #next = 0;
  /** Frames that were not complete then. @type {number[]} */
  #held = [];

  /**
   * @param {Inspection} inspection
   * @param {{ kind: 'frames' | 'messages', filter: string, live: boolean }} options
   *   live: rows that are complete overtake those that are not
   */
  constructor(inspection, { kind, filter, live }) {
    this.#view = inspection.view({ kind, filter, holes: true });
    // Numbers every frame, which the filter may not let through.
    this.#all = inspection.view({ kind: 'frames', holes: true });
    this.#live = live;
  }

  get view() {
    return this.#view;
  }

  /**
   * @param {boolean} end there will be no more
   * @returns {Generator<Row, void, void>}
   */
  *fresh(end) {
    const until = this.#all.update();
    this.#view.update();
    const held = this.#held;
    this.#held = [];
    const numbers = (function* (from) {
      yield* held;
      for (let number = from; number < until; number++) yield number;
    })(this.#next);
    this.#next = until;
    let batch = [];
    for (const number of numbers) {
      // One that waits makes those behind it wait, where no one looks on.
      const waits = !end && ((!this.#live && this.#held.length > 0) || !this.#isThere(number));
      if (waits) this.#held.push(number);
      else batch.push(number);
      if (batch.length === ROWS) {
        yield* this.#rows(batch);
        batch = [];
      }
    }
    yield* this.#rows(batch);
  }

  /** @param {number} number */
  #isThere(number) {
    const index = this.#all.indexOf(number);
    if (index < 0) return true;
    const [row] = this.#all.rows(index, 1);
    if (!row?.complete) return false;
    if (this.#view.kind === 'frames') return true;
    const [message] = this.#view.rows(Math.max(0, this.#view.indexOf(number)), 1);
    return message === undefined || message.complete || message.frame !== number;
  }

  /**
   * The rows that begin with these frames, in order.
   * @param {number[]} numbers
   */
  *#rows(numbers) {
    const wanted = new Set(numbers);
    const all = new Set(numbers.map((number) => this.#view.indexOf(number)));
    const places = [...all].filter((place) => place >= 0);
    places.sort((a, b) => a - b);
    for (let at = 0; at < places.length; ) {
      const from = places[at];
      let count = 1;
      while (places[at + count] === from + count) count++;
      at += count;
      for (const row of this.#view.rows(from, count)) if (wanted.has(row.frame)) yield row;
    }
  }
}
