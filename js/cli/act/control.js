// How a page, or a program, acts on the connections of a proxy: a WebSocket at CONTROL_PATH of the
// page's server, which asks for its token. Messages are JSON:
//
//     → { "id": 1, "do": "hold", "filter": "op:text", "from": "client", "timeout": 30 }
//     ← { "id": 1, "ok": { … } }        or { "id": 1, "error": "what is wrong" }
//     ← { "event": "held", "held": 4, "connection": 1, "from": "client", "text": "…", … }
//
// Events: open and closed (connections), held, settled, changed, hold, rules. docs/cli.md has all
// that can be asked for.
import { ActError } from './acts.js';
import { HOSTILE, WITHOUT_FRAME } from './hostile.js';
import { RuleError } from './rules.js';

export const CONTROL_PATH = '/control';

/** Whether it is a request for this. @param {string} url */
export const isControl = (url) => url.split('?')[0] === CONTROL_PATH;

/** What its connections need: an edited message, in hex, and the words around it. */
export const CONTROL_SETTINGS = { maxMessageSize: 48 * 1024 * 1024 };

/** A controller that does not take its events is ended, in bytes that wait for it. */
const MAX_BEHIND = 64 * 1024 * 1024;

/** @typedef {import('./acts.js').Acts} Acts */

/** @type {Record<string, (acts: Acts, asked: any) => unknown>} */
const COMMANDS = {
  list: (acts) => acts.list(),
  hold: (acts, asked) => acts.setHold(asked),
  unhold: (acts, asked) => acts.endHold(asked),
  release: (acts, asked) => acts.release(asked),
  drop: (acts, asked) => acts.drop(asked),
  rules: (acts, asked) => acts.setRules(asked),
  cut: (acts, asked) => acts.cut(asked),
  judge: (acts, asked) => acts.judge(asked),
  send: (acts, asked) => acts.send(asked),
  hostile: () => ({ frames: HOSTILE, without: Object.fromEntries(WITHOUT_FRAME) }),
};

/**
 * @param {Acts} acts
 * @param {import('../../index.js').WebSocket} ws
 */
export function control(acts, ws) {
  const say = (/** @type {object} */ message) => {
    if (ws.bufferedAmount > MAX_BEHIND) return ws.close(1013, 'This page is too slow.');
    ws.send(JSON.stringify(message)).catch(() => {});
    return undefined;
  };
  const leave = acts.join(say);
  ws.addEventListener('close', leave);
  ws.addEventListener('message', async ({ data }) => {
    const asked = parsed(data);
    if (!asked) {
      say({ error: 'That is no JSON object with a "do".' });
      return;
    }
    const { id, do: command, ...rest } = asked;
    try {
      if (!Object.hasOwn(COMMANDS, command)) {
        throw new ActError(
          `There is no ${JSON.stringify(command)}: ${Object.keys(COMMANDS).join(', ')}.`,
        );
      }
      say({ id, ok: await COMMANDS[command](acts, rest) });
    } catch (error) {
      say({ id, error: error instanceof Error ? error.message : String(error) });
      if (!isExpected(error)) console.error(error);
    }
  });
}

/** @param {unknown} error of whoever asked, not of ours */
const isExpected = (error) =>
  [ActError, RuleError, TypeError, RangeError].some((Kind) => error instanceof Kind) ||
  (error instanceof Error && /ended before it could be sent/.test(error.message));

/** @param {unknown} data @returns {{ id?: unknown, do: string } | undefined} */
function parsed(data) {
  try {
    const value = typeof data === 'string' ? JSON.parse(data) : undefined;
    return value && typeof value === 'object' && typeof value.do === 'string'
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}
