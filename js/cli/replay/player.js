// Sends a script's steps to a server, and keeps what it answers.
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from '../../entry/node.js';

/** @typedef {import('./script.js').Said} Said */
/** @typedef {import('./script.js').Step} Step */
/** @typedef {import('./variables.js').Variables} Variables */

/** How long a server may take to answer our close, in milliseconds. */
const GOODBYE = 2_000;
/** What a ping says that is not of the capture. */
const LAST_PING = 'ws4wasm';

/**
 * A connection that keeps what comes, from the first message on.
 * @param {Variables} variables
 */
export const playerOf = (variables) =>
  class extends WebSocket {
    /** @type {Said[]} */
    answers = [];
    /** @type {{ code: number, reason: string } | undefined} */
    ended;
    /** Called whenever something has come. @type {(() => void) | undefined} */
    #changed;

    /** @param {import('../../index.js').TextMessage | import('../../index.js').BinaryMessage} message */
    receivedMessage({ data }) {
      if (typeof data === 'string') {
        this.answers.push({ type: 'text', data });
        variables.learnNow(data);
      } else this.answers.push({ type: 'binary', data: Buffer.from(data) });
      this.#changed?.();
    }

    /**
     * @param {number} code
     * @param {string} [reason]
     */
    closed(code, reason = '') {
      this.ended = { code, reason };
      this.#changed?.();
    }

    /**
     * Resolves when this holds, the connection is over, or the time is up.
     * @param {() => boolean} holds
     * @param {number} time in milliseconds
     */
    async until(holds, time) {
      const done = () => this.ended !== undefined || holds();
      if (done()) return;
      const late = new AbortController();
      await new Promise((resolve) => {
        this.#changed = () => done() && resolve(undefined);
        pause(time, undefined, { signal: late.signal }).then(resolve, () => {});
      });
      this.#changed = undefined;
      late.abort();
    }
  };

/** @typedef {InstanceType<ReturnType<typeof playerOf>>} Player */

/**
 * @param {Player} ws
 * @param {import('./script.js').Script} script
 * @param {object} how
 * @param {number} how.speed times the original; Infinity for as fast as it goes
 * @param {boolean} how.inTurn each step waits for as many answers as had come before it
 * @param {number} how.wait for answers, in milliseconds
 * @param {Variables} how.variables
 * @param {(sent: number, answers: number) => void} how.progress after each step
 * @returns {Promise<number>} how many steps were sent
 */
export async function play(ws, script, { speed, inTurn, wait, variables, progress }) {
  const began = performance.now();
  let sent = 0;
  for (const step of script.steps) {
    const due = began + Math.max(0, step.time - script.start) / speed;
    const early = due - performance.now();
    if (early > 0) await ws.until(() => false, early);
    if (inTurn) await ws.until(() => ws.answers.length >= step.after, wait);
    if (ws.ended) break;
    await send(ws, step, variables).catch(() => {});
    progress(++sent, ws.answers.length);
  }
  const { answers, closedWith, steps } = script;
  if (closedWith !== undefined) await ws.until(() => false, wait);
  else await ws.until(() => ws.answers.length >= answers.length, wait);
  // Anything that the server says beyond that, it has said before it answers a ping.
  const closing = steps.at(-1)?.type === 'close';
  if (!ws.ended && !closing) {
    let answered = false;
    ws.addEventListener('pong', () => {
      answered = true;
    });
    ws.ping(LAST_PING).catch(() => {});
    await ws.until(() => answered, Math.min(wait, GOODBYE));
  }
  return sent;
}

/** Closes what is still open. @param {Player} ws */
export async function leave(ws) {
  ws.close();
  await ws.until(() => false, GOODBYE);
  if (!ws.ended) ws.closeConnection();
}

/**
 * @param {Player} ws
 * @param {Step} step
 * @param {Variables} variables
 */
async function send(ws, { type, data, code }, variables) {
  switch (type) {
    case 'text':
      return ws.send(variables.fill(`${data}`));
    case 'binary':
      return ws.send(/** @type {Buffer} */ (data));
    case 'ping':
      return ws.ping(/** @type {Buffer} */ (data));
    case 'close':
      return void ws.close(code, `${data}`);
    case 'frame':
      // As it was, right or wrong: below the connection, which would refuse what is wrong.
      return void (/** @type {import('node:net').Socket} */ (ws.sock).write(data));
  }
}
