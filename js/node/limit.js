// What ends an attempt to connect early, and errors that are no answer of the server's.
import { HandshakeError } from '../base/exceptions.js';
import { HANDSHAKE_TIMEOUT } from './options.js';

/** @param {string} message */
export function failure(message) {
  return new HandshakeError(message, { status: 0 });
}

/**
 * Whether the server meant to refuse: another status is no answer, and has no body to wait for.
 * @param {unknown} error
 * @returns {error is HandshakeError}
 */
export function isRefusal(error) {
  return error instanceof HandshakeError && error.status !== 0;
}

/** The time and the caller's signal, as one signal, from the first phase to the last. */
export class Limit {
  #abort = new AbortController();
  #given;
  #timer;

  /** @param {{ handshakeTimeout?: number, signal?: AbortSignal }} options */
  constructor({ handshakeTimeout = HANDSHAKE_TIMEOUT, signal }) {
    signal?.throwIfAborted();
    this.#given = signal;
    this.#timer = setTimeout(
      () => this.#abort.abort(failure(`no answer within ${handshakeTimeout} ms`)),
      handshakeTimeout,
    );
    signal?.addEventListener('abort', this.#aborted);
  }

  #aborted = () => this.#abort.abort(this.#given?.reason);

  get signal() {
    return this.#abort.signal;
  }

  /** They are for the handshake only. */
  end() {
    clearTimeout(this.#timer);
    this.#given?.removeEventListener('abort', this.#aborted);
  }
}

/**
 * A promise that is rejected when `until` says so, at the latest.
 * @template T
 * @param {AbortSignal} until
 * @param {(resolve: (value: T) => void, reject: (error: unknown) => void) => void} start
 * @returns {Promise<T>}
 */
export function within(until, start) {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(until.reason);
    if (until.aborted) aborted();
    until.addEventListener('abort', aborted, { once: true });
    const settled = () => until.removeEventListener('abort', aborted);
    start(
      (value) => {
        settled();
        resolve(value);
      },
      (error) => {
        settled();
        reject(error);
      },
    );
  });
}
