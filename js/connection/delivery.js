// What was received, on its way to the user's code: in order, and one after the other. While a
// handler's promise is under way, or after pause(), the next ones wait here, and when they are
// much the transport is no longer read.
import { Backlog } from './backlog.js';

/**
 * @typedef {object} Consumer
 * @property {(event: any) => boolean} wants whether a method or a listener would take it
 * @property {(event: any) => void} handle has them take it; what is to be waited for is told by
 *   `wait`
 */

/**
 * @typedef {object} DeliveryHost
 * @property {() => void} fullChanged called when `full` has changed
 * @property {(event: any) => void} delivering called when an event is about to be delivered
 * @property {() => void} waiting called when a handler is waited for by what lies behind it
 */

/**
 * How long reading stops for somebody to come when more is kept than should be, in milliseconds:
 * what came with the handshake is here before its user could listen.
 */
const GRACE = 1000;

/** Of those that hold nothing, which are most. */
const NONE = new Backlog();

export class Delivery {
  #consumer;
  #host;
  /** What could not be delivered yet. */
  #held = NONE;
  /** What iterators have not taken yet. @type {Backlog | undefined} */
  #iterated;
  #iterators = 0;
  /** Handlers that are under way. */
  #waits = 0;
  /** @type {(() => void) | undefined} */
  #done;
  #paused = false;
  #full = false;
  /** The peer can still be sent something. */
  #answerable = true;
  /** Too much came while nobody was there. */
  #dropping = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #grace;
  /** @type {(() => void) | undefined} */
  #whenIdle;
  /** @type {(() => void) | undefined} */
  #whenEmpty;

  /**
   * @param {Consumer} consumer
   * @param {DeliveryHost} host
   */
  constructor(consumer, host) {
    this.#consumer = consumer;
    this.#host = host;
  }

  /** Whether enough waits for a consumer that no more should be read. */
  get full() {
    return this.#full;
  }

  /** Bytes or characters that wait. */
  get size() {
    return this.#held.size + (this.#iterated?.size ?? 0);
  }

  /** @param {any} event */
  #wanted(event) {
    return this.#iterators > 0 || this.#consumer.wants(event);
  }

  /** @param {any} event a message or a fragment that came */
  take(event) {
    const free = this.#held.length === 0 && this.#waits === 0 && !this.#paused;
    const wanted = this.#wanted(event);
    if (free && wanted) {
      this.#give(event);
      return;
    }
    if (wanted) this.#dropping = false;
    else if (this.#dropping) return;
    if (this.#held === NONE) this.#held = new Backlog();
    this.#held.push(event);
    this.#pump();
  }

  /** @param {any} event */
  #give(event) {
    this.#host.delivering(event);
    if (this.#iterators > 0 && event.type !== 'fragment') {
      this.#iterated?.push(event);
      this.#measure();
    }
    this.#consumer.handle(event);
  }

  /**
   * A handler is under way; what this gives is to be called when it is done.
   * @returns {() => void}
   */
  wait() {
    this.#waits++;
    this.#done ??= () => {
      this.#waits--;
      this.#pump();
    };
    return this.#done;
  }

  /** Consumers may have come or gone. */
  consumersChanged() {
    this.#pump();
  }

  /** Delivers what can be delivered. */
  #pump() {
    while (this.#held.length > 0 && this.#waits === 0 && !this.#paused) {
      if (!this.#wanted(this.#held.peek())) break;
      this.#give(this.#held.shift());
    }
    if (this.#waits > 0 && this.#held.length > 0) this.#host.waiting();
    this.#measure();
    this.#look();
  }

  #measure() {
    const held = this.#held;
    if (this.#unwanted) this.#grace ??= this.#startGrace();
    const iterated = this.#iterated;
    // Reading goes on when half is gone, so that the socket does not flutter.
    const full = this.#full
      ? held.overHalf || (iterated?.overHalf ?? false)
      : held.over || (iterated?.over ?? false);
    if (full === this.#full) return;
    this.#full = full;
    this.#host.fullChanged();
  }

  /** More is kept than should be, and nobody is there to take it. */
  get #unwanted() {
    const held = this.#held;
    return held.over && !this.#paused && !this.#wanted(held.peek());
  }

  #startGrace() {
    const timer = setTimeout(() => {
      this.#grace = undefined;
      // Nobody wants messages: to keep them would stop the reading, and with it the connection.
      if (!this.#unwanted) return;
      this.#held.clear();
      this.#dropping = true;
      this.#measure();
    }, GRACE);
    timer.unref?.();
    return timer;
  }

  pause() {
    this.#paused = true;
    this.#iterated?.pause(true);
  }

  resume() {
    if (!this.#paused) return;
    this.#paused = false;
    this.#iterated?.pause(false);
    this.#pump();
  }

  /** An iterator comes. */
  iterate() {
    this.#iterated ??= this.#newIterated();
    this.#iterators++;
    this.#pump();
    return this.#iterated;
  }

  #newIterated() {
    const iterated = new Backlog(() => {
      this.#measure();
      this.#look();
    });
    iterated.pause(this.#paused);
    return iterated;
  }

  /** An iterator leaves. */
  leave() {
    this.#iterators--;
    const left = this.#iterated;
    if (this.#iterators > 0 || !left) return;
    const next = left.peek();
    // What handlers have had already does not wait for a next iterator.
    if (next !== null && !this.#consumer.wants(next)) {
      const later = this.#held;
      this.#held = new Backlog();
      for (const from of [left, later]) {
        for (let event = from.shift(); event !== null; event = from.shift()) {
          this.#held.push(event);
        }
      }
    }
    left.clear();
    this.#pump();
  }

  /** The user wants no more messages, but for those that an iterator can take. */
  deafen() {
    const next = this.#held.peek();
    if (next !== null && this.#consumer.wants(next)) this.#held.clear();
    this.#measure();
    this.#look();
  }

  /** Nothing can be sent any more, so nobody waits for an iterator to say something. */
  endAnswers() {
    this.#answerable = false;
    this.#look();
  }

  /**
   * Calls `f` when all was delivered and no handler is under way, as far as that can be seen.
   * @param {() => void} f
   */
  whenIdle(f) {
    this.#whenIdle = f;
    this.#look();
  }

  /**
   * Calls `f` when nothing waits for a handler any more, or when none of them has come to an end
   * for a while. What then is left is still delivered, late.
   * @param {number} patience in milliseconds
   * @param {() => void} f
   */
  finish(patience, f) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    this.#whenEmpty = () => {
      clearTimeout(timer);
      this.#whenEmpty = undefined;
      f();
    };
    const watch = () => {
      const { length } = this.#held;
      timer = setTimeout(
        () => (this.#held.length < length ? watch() : this.#whenEmpty?.()),
        patience,
      );
    };
    if (!this.#empty) watch();
    this.#look();
  }

  /** Nothing waits for a handler. */
  get #empty() {
    const next = this.#held.peek();
    return next === null || !this.#wanted(next);
  }

  #look() {
    if (!this.#empty) return;
    this.#whenEmpty?.();
    const working = this.#answerable && this.#iterators > 0 && !this.#iterated?.awaited;
    if (this.#whenIdle && this.#waits === 0 && !working) {
      const f = this.#whenIdle;
      this.#whenIdle = undefined;
      f();
    }
  }

  /** No more will come; what is here can still be taken. */
  end() {
    clearTimeout(this.#grace);
    this.#iterated?.end();
  }
}
