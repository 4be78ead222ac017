// What the dissector says of messages on their way: whether a filter is about them, and what is
// wrong with them.
import { Inspection } from '../../inspect/node.js';

/** Messages, and bytes, until it begins anew: what passed is not kept. */
const MAX_MESSAGES = 256;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * What a receiver takes that nobody knows anything about: ws4wasm's defaults for messages and
 * fragments. A frame alone may be as long as no message is, so that it is told apart what is too
 * long as one frame and what becomes too long by its fragments.
 */
const LIMITS = { maxFrameSize: 2 ** 40, maxMessageSize: 2 ** 24, maxFragments: 131_072 };

const ENDS = {
  client: { address: '127.0.0.1', port: 1 },
  server: { address: '127.0.0.1', port: 2 },
};

/** @typedef {'c2s' | 's2c'} Direction */
/** The bytes of a handshake. @typedef {{ c2s: Uint8Array, s2c: Uint8Array }} Heads */

/** The messages of one connection, one after the other, against filters. */
export class Matcher {
  #heads;
  /** @type {Inspection | undefined} */
  #inspection;
  #connection = 0;
  /** @type {Map<string, import('../../inspect/index.js').View>} */
  #views = new Map();
  #messages = 0;
  #bytes = 0;

  /** @param {Heads} heads */
  constructor(heads) {
    this.#heads = heads;
  }

  /**
   * Which of these filters a message goes through.
   * @param {Direction} direction
   * @param {Uint8Array} bytes all of its frames
   * @param {Iterable<string>} filters
   * @returns {Set<string>}
   */
  through(direction, bytes, filters) {
    const wanted = new Set(filters);
    if (wanted.size === 0) return wanted;
    const inspection = this.#ready();
    for (const filter of wanted) {
      if (!this.#views.has(filter)) {
        this.#views.set(filter, inspection.view({ kind: 'frames', filter }));
      }
    }
    const before = new Map([...wanted].map((filter) => [filter, this.#view(filter).update()]));
    inspection.data(this.#connection, direction, bytes, Date.now());
    this.#messages++;
    this.#bytes += bytes.length;
    for (const [filter, length] of before) {
      if (this.#view(filter).update() <= length) wanted.delete(filter);
    }
    return wanted;
  }

  free() {
    this.#inspection?.free();
    this.#inspection = undefined;
    this.#views.clear();
  }

  /** @param {string} filter */
  #view(filter) {
    return /** @type {import('../../inspect/index.js').View} */ (this.#views.get(filter));
  }

  #ready() {
    if (this.#messages >= MAX_MESSAGES || this.#bytes >= MAX_BYTES) this.free();
    if (!this.#inspection) {
      this.#inspection = new Inspection({ live: true });
      this.#connection = begin(this.#inspection, this.#heads);
      this.#messages = 0;
      this.#bytes = 0;
    }
    return this.#inspection;
  }
}

/** @param {Inspection} inspection @param {Heads} heads */
function begin(inspection, heads) {
  const connection = inspection.openConnection({ ...ENDS, time: Date.now() });
  inspection.data(connection, 'c2s', heads.c2s, Date.now());
  inspection.data(connection, 's2c', heads.s2c, Date.now());
  return connection;
}

/**
 * What a receiver will find wrong with frames, before they are sent.
 * @param {Heads} heads
 * @param {Direction} direction
 * @param {Uint8Array[]} frames
 */
export function judge(heads, direction, frames) {
  const inspection = new Inspection({ live: true, limits: LIMITS });
  try {
    const connection = begin(inspection, heads);
    const before = inspection.violations({ connection }).length;
    const head = heads[direction].length;
    for (const frame of frames) inspection.data(connection, direction, frame, Date.now());
    /** @type {import('../../inspect/index.js').Violation[]} */
    const violations = inspection.violations({ connection }).slice(before);
    const view = inspection.view({ kind: 'frames' });
    const last = view.rows(Math.max(0, view.length - 1), 1).at(0);
    const sent = head + frames.reduce((sum, { length }) => sum + length, 0);
    const announced = last ? last.offset + last.headerLength + last.length : sent;
    return {
      violations: violations.map(
        ({ rule, severity, message, rfc, section, expectedClose, offset }) => ({
          rule,
          severity,
          message,
          rfc,
          section,
          expectedClose,
          at: offset - head,
        }),
      ),
      frames: view.length,
      /** Bytes of what comes next that the receiver will take for a part of this. */
      missing: Math.max(0, announced - sent),
    };
  } finally {
    inspection.free();
  }
}

/**
 * What is wrong with a filter, in one sentence; undefined when nothing is.
 * @param {string} filter
 */
export function filterProblem(filter) {
  const inspection = new Inspection();
  try {
    const problem = inspection.checkFilter(filter);
    return problem && `${problem.message} (at character ${problem.position + 1})`;
  } finally {
    inspection.free();
  }
}
