// The incremental validator (ws4py's utf8validator module).
import * as check from '../base/arguments.js';
import * as engine from '../engine/instance.js';
import { refresh, regionSize, wasm, whenStarted, writeInput } from '../engine/instance.js';

export const UTF8_ACCEPT = 0;
export const UTF8_REJECT = 1;

/**
 * The automaton: 256 classes of bytes, then the transitions.
 * @type {number[]}
 */
export const UTF8VALIDATOR_DFA = [];
whenStarted(() => UTF8VALIDATOR_DFA.push(...wasm.utf8_dfa()));

/**
 * @param {number} state
 * @param {number} length
 */
function validated(state, length) {
  try {
    return engine.calls.utf8_validate(state, length);
  } catch (error) {
    throw engine.trapped(error);
  }
}

/**
 * Runs the automaton over `bytes` from `state` on.
 * @param {number} state
 * @param {Uint8Array} bytes
 * @returns {[state: number, index: number]} the index of the bad byte, or the length
 */
export function validate(state, bytes) {
  let at = 0;
  while (at < bytes.length && state !== UTF8_REJECT) {
    const piece = bytes.subarray(at, at + regionSize);
    writeInput(piece);
    const index = validated(state, piece.length);
    refresh();
    state = engine.status[0];
    at += index;
  }
  return [state, at];
}

export class Utf8Validator {
  /** @readonly */
  static UTF8_ACCEPT = UTF8_ACCEPT;
  /** @readonly */
  static UTF8_REJECT = UTF8_REJECT;
  /** @readonly */
  static UTF8VALIDATOR_DFA = UTF8VALIDATOR_DFA;

  #state = UTF8_ACCEPT;
  #codepoint = 0;
  #total = 0;

  get codepoint() {
    return this.#codepoint;
  }

  /** @param {number} byte */
  decode(byte) {
    check.integer(byte, 'byte', 0, 255);
    refresh();
    this.#state = wasm.utf8_decode(this.#state, this.#codepoint, byte);
    refresh();
    this.#codepoint = engine.status[0];
    if (this.#state !== UTF8_REJECT) this.#total++;
    return this.#state;
  }

  reset() {
    this.#state = UTF8_ACCEPT;
    this.#codepoint = 0;
    this.#total = 0;
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {[valid: boolean, endsOnCodePoint: boolean, currentIndex: number, totalIndex: number]}
   */
  validate(bytes) {
    const [state, index] = validate(this.#state, check.bytes(bytes, 'bytes'));
    this.#state = state;
    this.#total += index;
    return [state !== UTF8_REJECT, state === UTF8_ACCEPT, index, this.#total];
  }
}
