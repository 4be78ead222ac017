// The turn of the event loop, as all connections of this process share it: who writes at its end, and
// whose answers need not wait for that. Many who are answered in one turn wait for each other, so that
// their peers get on in step, and many are ready in the next turn, too; one that is alone would only wait.

/** @typedef {{ turnOver(): void }} Waiting told when the turn is over, and the stack is shallow */

/**
 * Runs `f` when this turn of the event loop is over, or nearly: Node has setImmediate for
 * that; elsewhere a microtask is the closest thing that costs nothing.
 * @type {(f: () => void) => void}
 */
const afterTurn =
  typeof setImmediate === 'function' ? (f) => void setImmediate(f) : (f) => queueMicrotask(f);

/** One callback a turn serves all of them. @type {Waiting[]} */
let waiting = [];

/** How many had answers to what was received, in this turn and in the one before. */
let answeredNow = 0;
let answeredBefore = 0;
/** The last of them. @type {Waiting | undefined} */
let answeredLast;

/** What came over this transport is being dealt with. @type {object | undefined} */
let heard;

/** @param {Waiting} one that is told once for each call */
export function atEndOfTurn(one) {
  if (waiting.push(one) === 1) afterTurn(endTurn);
}

function endTurn() {
  const all = waiting;
  waiting = [];
  answeredBefore = answeredNow;
  answeredNow = 0;
  for (const one of all) one.turnOver();
}

/**
 * From now on what is sent over `transport` answers what came over it: it does not wait for the end of
 * the turn, because it is seen to when all of that is dealt with.
 * @param {object | undefined} transport
 * @returns the one before, to be given back to here
 */
export function hearing(transport) {
  const before = heard;
  heard = transport;
  return before;
}

/** @param {object} transport */
export const isHeard = (transport) => heard === transport;

/**
 * Whether one that has answers was the last to have some, and alone: it may do without the end of the
 * turn, which costs as much as answering.
 * @param {Waiting} one
 */
export function answersAgain(one) {
  if (answeredLast !== one || answeredBefore > 1 || waiting.length > 0) return false;
  answeredNow = 1;
  return true;
}

/**
 * Whether one that has answers, and waits for the end of the turn, seems to be the only one.
 * @param {Waiting} one
 */
export function answersAlone(one) {
  if (answeredLast !== one || answeredNow === 0) {
    answeredLast = one;
    answeredNow++;
  }
  return answeredNow === 1 && answeredBefore <= 1;
}

/** @param {Waiting} one that will answer no more */
export function forget(one) {
  if (answeredLast === one) answeredLast = undefined;
}
