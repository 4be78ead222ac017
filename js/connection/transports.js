// What a connection runs over, brought to one form: a Node Duplex, or a pair of Web Streams.
import * as check from '../base/arguments.js';
import { overDuplex } from './node-streams.js';
import { PairTransport } from './web-streams.js';

/**
 * @typedef {object} Listener
 * @property {(bytes: Uint8Array) => void} bytes some bytes came
 * @property {() => void} end the peer will send no more
 * @property {(error?: unknown) => void} lost the transport is gone; called once, the last call
 */

/**
 * @typedef {object} Writer
 * @property {(error?: unknown) => void} written the oldest write was taken, or has failed
 */

/**
 * @typedef {object} Transport
 * @property {(listener: Listener) => void} start begins to read
 * @property {(pieces: Uint8Array[], length: number, writer: Writer) => boolean} write
 *   writes pieces, `length` bytes in all, as one. Gives whether the transport has taken them; if
 *   not, the writer, which is always the same, is told later, when it has or has failed
 * @property {boolean} borrows it only reads the bytes it is handed, so the same may go to
 *   others; a Web Stream may keep them, or transfer them
 * @property {boolean} system what it is handed goes to the operating system and to nobody else:
 *   no one can write to it, or transfer it
 * @property {number} direct bytes from which a piece is best written as it is; Infinity where it does not
 *   borrow
 * @property {number} taken how many bytes the system has taken so far, where that can be seen;
 *   else the transport
 * @property {number} [unread] bytes that were read in spite of `pause`, where that can happen
 * @property {() => void} pause
 * @property {() => void} resume
 * @property {() => void} ref it keeps the process alive, as it does from the beginning
 * @property {() => void} unref it does not
 * @property {() => void} end says that nothing more will be written
 * @property {() => void} destroy drops it
 */

/**
 * @param {any} sock
 * @returns {Transport}
 */
export function transportOf(sock) {
  if (
    typeof sock?.readable?.getReader === 'function' &&
    typeof sock?.writable?.getWriter === 'function'
  ) {
    return new PairTransport(sock);
  }
  if (
    typeof sock?.on === 'function' &&
    typeof sock?.write === 'function' &&
    typeof sock?.destroy === 'function'
  ) {
    return overDuplex(sock);
  }
  if (typeof sock === 'string' || sock instanceof URL) {
    throw new TypeError(
      `sock is ${String(sock)}; this class is a connection over a transport that is there already. ` +
        "For a URL: connect(url) of 'ws4wasm/node', or new WebSocket(url) of 'ws4wasm/websocket'",
    );
  }
  throw check.wrongType('sock', sock, 'a Node Duplex or { readable, writable } of Web Streams');
}
