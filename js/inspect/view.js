// The rows of a table.

import { RawView } from '../../pkg/inspect/inspect.js';
import * as check from '../base/arguments.js';
import { FilterError } from './errors.js';
import { oneOf } from './options.js';

const MAX_U32 = 0xffff_ffff;

/** @typedef {import('../../pkg/inspect/inspect.js').RawInspection} RawInspection */

/** Lets a View's memory go that was forgotten. */
const forgotten = new FinalizationRegistry((/** @type {RawView} */ raw) => raw.free());

/** @typedef {import('./index.js').View} PublicView */

/** @implements {PublicView} */
export class View {
  /** @type {RawView | undefined} */
  #raw;
  /** @type {() => RawInspection} */
  #of;

  /**
   * @param {() => RawInspection} of gives the inspection, or throws when it was freed
   * @param {unknown} options
   */
  constructor(of, options) {
    const {
      kind = 'frames',
      filter = '',
      holes = false,
    } = /** @type {Record<string, unknown>} */ (check.options(options));
    const messages = oneOf(kind, 'kind', { frames: false, messages: true });
    /** @type {'frames' | 'messages'} */
    this.kind = messages ? 'messages' : 'frames';
    this.filter = check.string(filter, 'filter');
    this.#of = of;
    try {
      this.#raw = new RawView(of(), messages, this.filter, check.flag(holes, 'holes'));
    } catch (problem) {
      throw problem instanceof Error
        ? problem
        : new FilterError(/** @type {import('./index.js').FilterProblem} */ (problem));
    }
    forgotten.register(this, this.#raw, this);
  }

  #open() {
    if (!this.#raw) throw new TypeError('this View was freed');
    return this.#raw;
  }

  get length() {
    return this.#open().length();
  }

  update() {
    return this.#open().update(this.#of());
  }

  /** @param {number} from @param {number} count */
  rows(from, count) {
    const first = check.integer(from, 'from', 0, MAX_U32);
    const most = check.integer(count, 'count', 0, MAX_U32);
    return this.#open().rows(this.#of(), first, most);
  }

  frames() {
    return this.#open().frames();
  }

  /** All frames that the rows stand for, for statistics and exports. */
  allFrames() {
    return this.#open().allFrames(this.#of());
  }

  /** @param {number} frame */
  indexOf(frame) {
    return this.#open().indexOf(this.#of(), check.integer(frame, 'frame', 0, MAX_U32));
  }

  /** @param {number} from @param {1 | -1} step */
  findViolation(from, step) {
    const start = check.integer(from, 'from', -1, MAX_U32);
    if (step !== 1 && step !== -1) throw check.outOfRange('step', step, '1 or -1');
    return this.#open().findViolation(this.#of(), start, step === 1);
  }

  /** @param {number} message @param {boolean} unfolded */
  unfold(message, unfolded) {
    const number = check.integer(message, 'message', 0, MAX_U32);
    this.#open().unfold(this.#of(), number, check.flag(unfolded, 'unfolded'));
  }

  free() {
    forgotten.unregister(this);
    this.#raw?.free();
    this.#raw = undefined;
  }

  [Symbol.dispose]() {
    this.free();
  }
}
