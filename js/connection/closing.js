// How a connection ends: the table of it, which docs/closing.md draws, and the object that runs
// it and knows all there is to know of the end: which side has closed, what is reported, and
// whose fault it was.
import { CloseControlMessage } from '../core/messages.js';

/** Reported when a connection ends without a close frame; never on the wire. */
const ABNORMAL = 1006;
const INTERNAL_ERROR = 1011;

/**
 * States. `open`: messages flow. `finishing`: close() was called and earlier sends are still
 * on their way out. `closeSent`: our close frame is out, the peer's is awaited. `ending`: both
 * sides have said what they had to, the transport is being shut. `closed`: it is gone.
 * @typedef {'open' | 'finishing' | 'closeSent' | 'ending' | 'closed'} State
 */

/**
 * Events. `close`: this side wants to close. `drained`: earlier sends have left. `peerClose`:
 * a close frame came. `violation`: the peer broke a rule. `end`: the peer will send no more
 * bytes. `lost`: the transport is gone. `timeout`: the closing timer ran out.
 * @typedef {'close' | 'drained' | 'peerClose' | 'violation' | 'end' | 'lost' | 'timeout'} ClosingEvent
 */

/**
 * Actions, in the order they are done.
 * @typedef {'startTimer' | 'sendClose' | 'stopSends' | 'endOwn' | 'shutDown' | 'destroy' |
 *   'report'} Action
 */

/**
 * For each state, what an event leads to: the next state, then the actions. What is not in
 * the table changes nothing.
 * @type {Record<State, Partial<Record<ClosingEvent, [State, ...Action[]]>>>}
 */
export const CLOSING = {
  open: {
    close: ['finishing', 'startTimer'],
    // RFC 6455 section 5.5.1: a close frame is answered by one; the server shuts first (7.1.1).
    peerClose: ['ending', 'stopSends', 'sendClose', 'endOwn', 'startTimer'],
    // Section 7.1.7: fail the connection, saying why.
    violation: ['ending', 'stopSends', 'sendClose', 'shutDown', 'startTimer'],
    end: ['closed', 'destroy', 'report'],
    lost: ['closed', 'destroy', 'report'],
  },
  finishing: {
    drained: ['closeSent', 'sendClose', 'startTimer'],
    timeout: ['closeSent', 'stopSends', 'sendClose', 'startTimer'],
    peerClose: ['ending', 'stopSends', 'sendClose', 'endOwn', 'startTimer'],
    violation: ['ending', 'stopSends', 'sendClose', 'shutDown', 'startTimer'],
    end: ['closed', 'destroy', 'report'],
    lost: ['closed', 'destroy', 'report'],
  },
  closeSent: {
    peerClose: ['ending', 'endOwn', 'startTimer'],
    violation: ['ending', 'shutDown', 'startTimer'],
    end: ['closed', 'destroy', 'report'],
    lost: ['closed', 'destroy', 'report'],
    timeout: ['closed', 'destroy', 'report'],
  },
  ending: {
    end: ['ending', 'shutDown'],
    lost: ['closed', 'destroy', 'report'],
    timeout: ['closed', 'destroy', 'report'],
  },
  closed: {},
};

/** @type {Record<State, 1 | 2 | 3>} */
const READY_STATE = { open: 1, finishing: 2, closeSent: 2, ending: 2, closed: 3 };

/**
 * What it acts on.
 * @typedef {object} Parts
 * @property {import('../core/stream.js').Stream} stream
 * @property {import('./sender.js').Sender} sender
 * @property {import('./outbox.js').Outbox} outbox
 * @property {import('./transports.js').Transport} transport
 */

/**
 * @typedef {object} ClosingOptions
 * @property {'server' | 'client'} role
 * @property {number} closeTimeout in milliseconds
 * @property {() => void} changed called when the state has changed
 * @property {() => void} ended called once, when it is over
 */

/** @typedef {{ readonly code: number, readonly reason: string }} Ending */

export class Closing {
  #parts;
  #options;
  /** @type {State} */
  #state = 'open';
  /** What this side has to say, or to answer. @type {CloseControlMessage | undefined} */
  #message;
  /** @type {Ending} */
  #ending = { code: ABNORMAL, reason: '' };
  /** A fault of this side is what ends it, whatever the peer says to that. */
  #ownFault = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** Each side has had the other's close frame. */
  wasClean = false;
  /** This side will say no more. */
  ownTerminated = false;
  /** The peer has said its last. */
  peerTerminated = false;

  /**
   * @param {Parts} parts
   * @param {ClosingOptions} options
   */
  constructor(parts, options) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Messages flow. */
  get open() {
    return this.#state === 'open';
  }

  /** Nothing more is to be received: the closing handshake is done, or all is over. */
  get done() {
    return this.#state === 'ending' || this.#state === 'closed';
  }

  /** All is over. */
  get ended() {
    return this.#state === 'closed';
  }

  get readyState() {
    return READY_STATE[this.#state];
  }

  /** What is reported in the end. */
  get ending() {
    return this.#ending;
  }

  /**
   * This side closes.
   * @param {CloseControlMessage} message
   */
  close(message) {
    if (!this.open) return;
    this.#message = message;
    this.ownTerminated = true;
    this.#step('close');
    this.#parts.sender.whenIdle(() => this.#step('drained'));
  }

  /**
   * This side closes for a fault of its own.
   * @param {string} reason
   */
  fail(reason) {
    if (!this.open) return;
    this.#conclude(INTERNAL_ERROR, reason);
    this.#ownFault = true;
    this.close(new CloseControlMessage(INTERNAL_ERROR, reason));
  }

  /**
   * A close frame came. RFC 6455 section 5.5.1: the answer echoes the code; none echoes none.
   * @param {CloseControlMessage} message
   */
  received(message) {
    this.#conclude(message.code, message.reason);
    this.wasClean = true;
    this.#peerDone('peerClose', message);
  }

  /**
   * The peer broke a rule (section 7.1.7).
   * @param {{ error: { code: number, message: string }, close: CloseControlMessage }} violation
   */
  violated({ error, close }) {
    this.#conclude(error.code, error.message);
    this.#peerDone('violation', close);
  }

  /**
   * @param {ClosingEvent} event
   * @param {CloseControlMessage} message for the peer, unless it has had one
   */
  #peerDone(event, message) {
    this.#message = message;
    this.peerTerminated = true;
    this.#step(event);
  }

  /** The peer will send no more bytes. */
  peerEnded() {
    this.#step('end');
  }

  /**
   * The transport is gone, or is given up. Where nobody has said why, the error is all there is
   * to tell.
   * @param {unknown} [error]
   */
  lost(error) {
    const { code, reason } = this.#ending;
    if (code === ABNORMAL && !reason && error instanceof Error) {
      this.#ending = { code, reason: error.message };
    }
    this.#step('lost');
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #conclude(code, reason) {
    if (!this.#ownFault) this.#ending = { code, reason };
  }

  /** @param {ClosingEvent} event */
  #step(event) {
    const row = CLOSING[this.#state][event];
    if (!row) return;
    const [next, ...actions] = row;
    this.#state = next;
    this.#parts.sender.state = next;
    this.#options.changed();
    for (const action of actions) {
      // One of them may have found out that this is over.
      if (this.#state === next) this.#do(action);
    }
  }

  /** @param {Action} action */
  #do(action) {
    const { sender, outbox, transport } = this.#parts;
    switch (action) {
      case 'startTimer':
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#step('timeout'), this.#options.closeTimeout);
        break;
      case 'sendClose':
        this.#sendClose();
        break;
      case 'stopSends':
        sender.stop();
        break;
      case 'endOwn':
        // Section 7.1.1: the server shuts first; a client waits for that.
        if (this.#options.role === 'server') this.#shutDown();
        break;
      case 'shutDown':
        this.#shutDown();
        break;
      case 'destroy':
        outbox.break();
        transport.destroy();
        break;
      case 'report':
        clearTimeout(this.#timer);
        sender.stop();
        this.ownTerminated = true;
        this.peerTerminated = true;
        this.#parts.stream.free();
        this.#options.ended();
    }
  }

  #sendClose() {
    this.ownTerminated = true;
    const { data } = /** @type {CloseControlMessage} */ (this.#message);
    this.#parts.sender.close(data);
  }

  #shutDown() {
    this.#parts.outbox.flush();
    this.#parts.transport.end();
  }
}
