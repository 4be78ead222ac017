// How a connection ends: the table of it, which docs/closing.md draws, and the object that runs
// it and knows all there is to know of the end: which side has closed, what is reported, and
// whose fault it was.
import { CloseControlMessage } from '../core/messages.js';

/** Reported when a connection ends without a close frame; never on the wire. */
const ABNORMAL = 1006;
const INTERNAL_ERROR = 1011;

/** A peer that takes fewer bytes a second than this while it is waited for is not waited for. */
const TRICKLE = 256;

/**
 * States. `open`: messages flow. `finishing`: close() was called and earlier sends are still
 * on their way out. `flushing`: the peer has ended without a close frame, and earlier sends are
 * still on their way out. `closeSent`: our close frame is out, the peer's is awaited. `ending`:
 * both sides have said what they had to, the transport is being shut. `closed`: it is gone.
 * @typedef {'open' | 'finishing' | 'flushing' | 'closeSent' | 'ending' | 'closed'} State
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
    // What was sent before may be an answer that the peer still reads.
    end: ['flushing', 'startTimer'],
    lost: ['closed', 'destroy', 'report'],
  },
  finishing: {
    drained: ['closeSent', 'sendClose', 'startTimer'],
    timeout: ['closeSent', 'stopSends', 'sendClose', 'startTimer'],
    peerClose: ['ending', 'stopSends', 'sendClose', 'endOwn', 'startTimer'],
    violation: ['ending', 'stopSends', 'sendClose', 'shutDown', 'startTimer'],
    end: ['flushing', 'startTimer'],
    lost: ['closed', 'destroy', 'report'],
  },
  flushing: {
    drained: ['ending', 'shutDown', 'startTimer'],
    timeout: ['ending', 'stopSends', 'shutDown', 'startTimer'],
    lost: ['closed', 'destroy', 'report'],
  },
  closeSent: {
    peerClose: ['ending', 'endOwn', 'startTimer'],
    violation: ['ending', 'shutDown', 'startTimer'],
    end: ['ending', 'shutDown', 'startTimer'],
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

/** The ready state of a connection whose messages flow. */
export const OPEN = 1;

/** @type {Record<State, 1 | 2 | 3>} */
const READY_STATE = {
  open: OPEN,
  finishing: 2,
  flushing: 2,
  closeSent: 2,
  ending: 2,
  closed: 3,
};

/**
 * @typedef {object} ClosingHost
 * @property {'server' | 'client'} role
 * @property {number} closeTimeout in milliseconds
 * @property {() => void} closingChanged called when the state has changed
 * @property {() => void} ended called once, when it is over
 */

/** @typedef {{ readonly code: number, readonly reason: string }} Ending */

export class Closing {
  #sender;
  #transport;
  #host;
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
  #unref = false;
  /** What the transport had taken when the timer was set. */
  #taken = 0;

  /** Each side has had the other's close frame. */
  wasClean = false;
  /** This side will say no more. */
  ownTerminated = false;
  /** The peer has said its last. */
  peerTerminated = false;
  /** This side has closed, or dropped it, before the peer did: it wants to hear no more. */
  deaf = false;

  /**
   * @param {import('./sender.js').Sender} sender
   * @param {import('./transports.js').Transport} transport
   * @param {ClosingHost} host
   */
  constructor(sender, transport, host) {
    this.#sender = sender;
    this.#transport = transport;
    this.#host = host;
  }

  get state() {
    return this.#state;
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
    this.deaf = true;
    this.#step('close');
    this.#sender.whenIdle(() => this.#step('drained'));
  }

  /** This side drops it. */
  drop() {
    this.deaf = true;
    this.lost();
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
   * @param {{ code: number, message: string }} error
   * @param {CloseControlMessage} answer
   */
  violated(error, answer) {
    this.#conclude(error.code, error.message);
    this.#peerDone('violation', answer);
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
    const { open } = this;
    this.peerTerminated = true;
    this.#step('end');
    if (open) this.#sender.whenIdle(() => this.#step('drained'));
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
    this.#host.closingChanged();
    for (const action of actions) {
      // One of them may have found out that this is over.
      if (this.#state === next) this.#do(action);
    }
  }

  /** @param {Action} action */
  #do(action) {
    switch (action) {
      case 'startTimer':
        this.#startTimer();
        break;
      case 'sendClose':
        this.#sendClose();
        break;
      case 'stopSends':
        this.#sender.stop();
        break;
      case 'endOwn':
        // Section 7.1.1: the server shuts first; a client waits for that.
        if (this.#host.role === 'server') this.#shutDown();
        break;
      case 'shutDown':
        this.#shutDown();
        break;
      case 'destroy':
        this.#sender.break();
        this.#transport.destroy();
        break;
      case 'report':
        clearTimeout(this.#timer);
        this.#sender.stop();
        this.ownTerminated = true;
        this.peerTerminated = true;
        this.#host.ended();
    }
  }

  #startTimer() {
    clearTimeout(this.#timer);
    this.#taken = this.#transport.taken;
    this.#timer = setTimeout(() => this.#timeout(), this.#host.closeTimeout);
    if (this.#unref) this.#timer.unref?.();
  }

  #timeout() {
    const enough = (TRICKLE * this.#host.closeTimeout) / 1000;
    // All that is to be sent was: it ends, and a peer that is slow but takes it is waited for.
    const leaving = this.#state === 'closeSent' || this.#state === 'ending';
    const taken = this.#transport.taken - this.#taken;
    if (leaving && this.#sender.length > 0 && taken > 0 && taken >= enough) this.#startTimer();
    else this.#step('timeout');
  }

  /** @param {boolean} ref whether the timer keeps the process alive */
  ref(ref) {
    this.#unref = !ref;
    if (ref) this.#timer?.ref?.();
    else this.#timer?.unref?.();
  }

  #sendClose() {
    this.ownTerminated = true;
    if (this.#message) this.#sender.close(this.#message.data);
  }

  #shutDown() {
    this.#sender.flush();
    this.#transport.end();
  }
}
