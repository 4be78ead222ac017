/** @typedef {import('./index.js').FilterProblem} FilterProblem */

/** A filter that cannot be read. @implements {FilterProblem} */
export class FilterError extends Error {
  /** @param {FilterProblem} problem */
  constructor({ message, position, length, expected }) {
    super(message);
    this.name = 'FilterError';
    this.position = position;
    this.length = length;
    this.expected = expected;
  }
}

/** A file that is not what it seems, or that nobody knows. */
export class InputError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'InputError';
  }
}
