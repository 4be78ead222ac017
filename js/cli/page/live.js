// Connections shown as they happen: taps on them, and the inspector pages that watch.
//
//     const live = new Live();
//     // Each connection that is to be seen, from its first byte on:
//     const tap = live.open({ client: '127.0.0.1:50000', server: '127.0.0.1:8080' });
//     tap.data('c2s', requestBytes);
//     tap.data('s2c', replyBytes);
//     tap.end('c2s');                    // the client has ended its side (TCP's FIN)
//     tap.close();                       // all is over; an argument says why: 'reset'
//     // A page's connection, at LIVE_PATH of the server that served it, when site.js lets it in:
//     live.watch(ws);                    // made with the options live.connection
//     live.stop();                       // closes the pages' connections with 1001
//
// What a page receives: binary messages, one record each, big-endian:
//
//     u8  kind          0 open, 1 c2s bytes, 2 s2c bytes, 3 c2s end, 4 s2c end, 5 close,
//                       6 c2s gap, 7 s2c gap, 8 history is over: what follows is new
//     u32 connection    from 1, in the order in which they were opened
//     f64 time          milliseconds since 1970, with fractions
//     body              open: JSON { client, server }; bytes: the bytes; close: UTF-8, why, or
//                       empty; gap: f64, how many bytes were left out there; otherwise empty
//
// A page that comes later is told first what is remembered. All is bounded: what is remembered
// by `maxHistory`, what waits for a slow page by `maxBehind`. What does not fit is left out and
// said so by a gap.
import * as check from '../../base/arguments.js';
import { History } from './history.js';

/** Where pages watch. */
export const LIVE_PATH = '/live';

const OPEN = 0;
const DATA = { c2s: 1, s2c: 2 };
const END = { c2s: 3, s2c: 4 };
const CLOSE = 5;
const GAP = { c2s: 6, s2c: 7 };
const HISTORY_OVER = 8;

const HEADER = 13;
/** A page that is this many bytes farther behind than it may be has to begin anew. */
const HOPELESS = 4 * 1024 * 1024;

const DEFAULT_MAX_HISTORY = 16 * 1024 * 1024;
const DEFAULT_MAX_BEHIND = 16 * 1024 * 1024;

/** @typedef {'c2s' | 's2c'} Direction */

const now = () => performance.timeOrigin + performance.now();

/**
 * @param {number} kind
 * @param {number} connection
 * @param {number} time
 * @param {Uint8Array} [body]
 */
function record(kind, connection, time, body) {
  const bytes = Buffer.allocUnsafe(HEADER + (body?.length ?? 0));
  writeHead(bytes, kind, connection, time);
  if (body) bytes.set(body, HEADER);
  return bytes;
}

/**
 * @param {Buffer} bytes
 * @param {number} kind
 * @param {number} connection
 * @param {number} time
 */
function writeHead(bytes, kind, connection, time) {
  bytes.writeUInt8(kind);
  bytes.writeUInt32BE(connection, 1);
  bytes.writeDoubleBE(time, 5);
}

/**
 * @param {Uint8Array} bytes of a record
 * @returns {{ connection: number, direction: Direction | undefined }}
 */
function read(bytes) {
  const kind = bytes[0];
  const connection = Buffer.from(bytes.buffer, bytes.byteOffset, HEADER).readUInt32BE(1);
  const direction = kind === DATA.c2s ? 'c2s' : kind === DATA.s2c ? 's2c' : undefined;
  return { connection, direction };
}

/**
 * @param {Direction} direction
 * @param {number} connection
 * @param {number} time
 * @param {number} length
 */
function gap(direction, connection, time, length) {
  const body = new Uint8Array(8);
  new DataView(body.buffer).setFloat64(0, length);
  return record(GAP[direction], connection, time, body);
}

const utf8 = new TextEncoder();

/** What is kept of one connection. */
class Tap {
  #live;
  #number;
  #over = false;

  /**
   * @param {Live} live
   * @param {number} number
   */
  constructor(live, number) {
    this.#live = live;
    this.#number = number;
  }

  /** By which pages know it. */
  get number() {
    return this.#number;
  }

  /**
   * Bytes that passed. They are copied.
   * @param {Direction} direction
   * @param {Uint8Array} bytes
   */
  data(direction, bytes) {
    if (this.#over || bytes.length === 0) return;
    this.#tell(DATA[direction], bytes, direction);
  }

  /** @param {Direction} direction that ends */
  end(direction) {
    if (!this.#over) this.#tell(END[direction]);
  }

  /** @param {string} [reason] empty for an orderly end */
  close(reason = '') {
    if (this.#over) return;
    this.#over = true;
    this.#tell(CLOSE, utf8.encode(reason));
  }

  /**
   * @param {number} kind
   * @param {Uint8Array} [body]
   * @param {Direction} [direction]
   */
  #tell(kind, body, direction) {
    this.#live.tell(kind, this.#number, now(), body, direction);
  }
}

/** One page that watches, and what it missed because it is slow. */
class Page {
  #ws;
  #maxBehind;
  /** Bytes left out, by connection and direction. @type {Map<number, Record<Direction, number>>} */
  #missed = new Map();

  /**
   * @param {import('../../index.js').WebSocket} ws
   * @param {number} maxBehind
   */
  constructor(ws, maxBehind) {
    this.#ws = ws;
    this.#maxBehind = maxBehind;
  }

  /**
   * @param {number} connection
   * @param {Uint8Array} bytes
   * @param {Direction} [direction] of what are bytes of the connection
   * @param {number} [time]
   */
  send(connection, bytes, direction, time = 0) {
    // Openings and ends are never left out, a flood of them ends a page's connection instead.
    if (this.#ws.bufferedAmount > this.#maxBehind + HOPELESS) {
      this.#ws.close(1013, 'This page is too slow.');
      return;
    }
    const missed = this.#missed.get(connection);
    if (direction && this.#ws.bufferedAmount > this.#maxBehind) {
      const count = missed ?? { c2s: 0, s2c: 0 };
      count[direction] += bytes.length - HEADER;
      this.#missed.set(connection, count);
      return;
    }
    if (missed) {
      // In its place: before what comes next on this connection.
      this.#missed.delete(connection);
      for (const side of /** @type {const} */ (['c2s', 's2c'])) {
        if (missed[side]) this.#write(gap(side, connection, time, missed[side]));
      }
    }
    this.#write(bytes);
  }

  /** @param {Uint8Array} bytes */
  #write(bytes) {
    // A page that went away is told so by 'close'.
    this.#ws.send(bytes).catch(() => {});
  }

  leave() {
    this.#ws.close(1001, 'The server stops.');
  }
}

export class Live {
  #maxHistory;
  #maxBehind;
  #history;
  #head = record(0, 0, 0);
  #count = 0;
  /** @type {Set<Page>} */
  #pages = new Set();
  /**
   * The opening records, which are kept as long as there is more of the connection, and what
   * is forgotten of its bytes.
   * @type {Map<number, { opening: Uint8Array, entries: number, lost: Record<Direction, number>, open: boolean }>}
   */
  #connections = new Map();

  /**
   * @param {object} [options]
   * @param {number} [options.maxHistory] bytes remembered for pages that come later, from 0;
   *   default 16 MiB
   * @param {number} [options.maxBehind] bytes that may wait for a page that is slow to take
   *   them, from 1; default 16 MiB
   */
  constructor(options) {
    const { maxHistory = DEFAULT_MAX_HISTORY, maxBehind = DEFAULT_MAX_BEHIND } =
      check.options(options);
    this.#maxHistory = check.limit(maxHistory, 'maxHistory', 0);
    this.#maxBehind = check.limit(maxBehind, 'maxBehind', 1);
    this.#history = new History(this.#maxHistory);
  }

  /**
   * A connection that is to be seen.
   * @param {{ client: string, server: string }} ends 'address:port' of each; IPv6 in brackets
   */
  open({ client, server }) {
    const number = ++this.#count;
    const opening = record(
      OPEN,
      number,
      now(),
      utf8.encode(JSON.stringify({ client, server })),
    );
    this.#connections.set(number, {
      opening,
      entries: 0,
      lost: { c2s: 0, s2c: 0 },
      open: true,
    });
    for (const page of this.#pages) page.send(number, opening);
    return new Tap(this, number);
  }

  /** How many pages watch. */
  get pages() {
    return this.#pages.size;
  }

  /** What a page's connection needs: pages say nothing, and what waits is counted here. */
  get connection() {
    return { maxMessageSize: 1024, maxBufferedAmount: Number.MAX_SAFE_INTEGER };
  }

  /**
   * Tells a page all that happens, beginning with what is remembered.
   * @param {import('../../index.js').WebSocket} ws
   */
  watch(ws) {
    const page = new Page(ws, this.#maxBehind + this.#maxHistory);
    /** @type {Set<number>} */
    const told = new Set();
    for (const bytes of this.#history.records()) {
      const { connection, direction } = read(bytes);
      if (!told.has(connection)) this.#introduce(page, connection);
      told.add(connection);
      page.send(connection, bytes, direction);
    }
    for (const number of this.#connections.keys()) {
      if (!told.has(number)) this.#introduce(page, number);
    }
    page.send(0, record(HISTORY_OVER, 0, now()));
    this.#pages.add(page);
    ws.addEventListener('close', () => this.#pages.delete(page));
    // Listened to only so that what a page says, which is nothing, does not pile up.
    ws.addEventListener('message', () => {});
  }

  /**
   * @param {Page} page
   * @param {number} number
   */
  #introduce(page, number) {
    const connection = this.#connections.get(number);
    if (!connection) return;
    page.send(number, connection.opening);
    for (const side of /** @type {const} */ (['c2s', 's2c'])) {
      const lost = connection.lost[side];
      if (lost) page.send(number, gap(side, number, now(), lost));
    }
  }

  /** Closes the pages' connections with 1001. */
  stop() {
    for (const page of this.#pages) page.leave();
  }

  /**
   * For taps.
   * @param {number} kind
   * @param {number} connection
   * @param {number} time
   * @param {Uint8Array} [body]
   * @param {Direction} [direction] of what are bytes of the connection
   */
  tell(kind, connection, time, body = NOTHING, direction) {
    if (this.#pages.size > 0) {
      const bytes = record(kind, connection, time, body);
      for (const page of this.#pages) page.send(connection, bytes, direction, time);
    }
    const about = this.#connections.get(connection);
    if (!about) return;
    if (kind === CLOSE) about.open = false;
    about.entries++;
    writeHead(this.#head, kind, connection, time);
    this.#history.add(this.#head, body, this.#forget);
  }

  /** @param {Uint8Array} bytes the head of a record @param {number} length of all of it */
  #forget = (bytes, length) => {
    const { connection, direction } = read(bytes);
    const about = this.#connections.get(connection);
    if (!about) return;
    about.entries--;
    if (direction) about.lost[direction] += length - HEADER;
    if (about.entries === 0 && !about.open) this.#connections.delete(connection);
  };
}

const NOTHING = new Uint8Array(0);
