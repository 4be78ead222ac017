// How a connection ends: the table that WebSocket runs on. docs/closing.md has its picture,
// which a test compares with this table.

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
 * @typedef {'startTimer' | 'sendClose' | 'answerClose' | 'sendError' | 'stopSends' | 'endOwn' |
 *   'shutDown' | 'destroy' | 'report'} Action
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
    peerClose: ['ending', 'stopSends', 'answerClose', 'endOwn', 'startTimer'],
    // Section 7.1.7: fail the connection, saying why.
    violation: ['ending', 'stopSends', 'sendError', 'shutDown', 'startTimer'],
    end: ['closed', 'destroy', 'report'],
    lost: ['closed', 'destroy', 'report'],
  },
  finishing: {
    drained: ['closeSent', 'sendClose', 'startTimer'],
    timeout: ['closeSent', 'stopSends', 'sendClose', 'startTimer'],
    peerClose: ['ending', 'stopSends', 'answerClose', 'endOwn', 'startTimer'],
    violation: ['ending', 'stopSends', 'sendError', 'shutDown', 'startTimer'],
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
