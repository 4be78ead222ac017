// How the page replays: a WebSocket at REPLAY_PATH of its server, which asks for its token.
//
//     ← { "event": "ready", "targets": ["ws://127.0.0.1:8080"] }
//     → a capture, as a binary message
//     → { "to": "ws://127.0.0.1:8080", "speed": "max", … }   options of `ws4wasm replay`, without --
//     ← { "event": "opened", "url": "…", "steps": 12, "skipped": [] }
//     ← { "event": "progress", "sent": 3, "answers": 2 }
//     ← { "event": "result", "result": { … }, "differences": [ … ], "why": "…" }
//     ← what passed, as pcapng, in a binary message
//
// Or { "event": "failed", "error": "what is wrong" }. There is one replay at a time; it ends where it
// is when the WebSocket does.
import { withoutSecrets } from '../../base/secrets.js';
import { InputError, Inspection } from '../../inspect/node.js';
import { Failure } from '../base/failure.js';
import { Recording } from './recording.js';
import { planOf, replay } from './replay.js';
import { settingsOf } from './settings.js';

export const REPLAY_PATH = '/replay';

/** Whether it is a request for this. @param {string} url */
export const isReplay = (url) => url.split('?')[0] === REPLAY_PATH;

/** What its connections need: a capture of one connection. */
export const REPLAY_SETTINGS = { maxMessageSize: 64 * 1024 * 1024 };

/** How often it is told how far it is, in milliseconds. */
const TELL_EVERY = 100;
/** Differences that are told. */
const MOST_TOLD = 500;

/** Options that a page may give. Files of this machine are none of its business. */
const FLAGS = ['in-turn', 'frames', 'any-order', 'with-headers'];
const TEXTS = ['to', 'connection', 'side', 'filter', 'speed', 'wait', 'expect', 'timeout'];
const LISTS = ['set', 'was', 'take', 'ignore', 'header'];

/**
 * @param {import('../../index.js').WebSocket} ws
 * @param {import('./destinations.js').Destinations} destinations
 * @param {(url: string) => import('node:tls').ConnectionOptions} [tls] whom to trust
 */
export function replayChannel(ws, destinations, tls = () => ({})) {
  const say = (/** @type {object} */ message) =>
    void ws.send(JSON.stringify(message)).catch(() => {});
  const over = new AbortController();
  ws.addEventListener('close', () => over.abort());
  /** @type {Uint8Array | undefined} */
  let capture;
  let busy = false;
  const perform = async (/** @type {string} */ asked) => {
    if (busy) {
      say({ event: 'failed', error: 'A replay is under way.' });
      return;
    }
    busy = true;
    try {
      if (!capture) throw new Failure('The capture comes first, as a binary message.');
      const recorded = await once(capture, asked, {
        say,
        destinations,
        tls,
        signal: over.signal,
      });
      ws.send(recorded).catch(() => {});
    } catch (error) {
      if (over.signal.aborted) return;
      say({ event: 'failed', error: inWords(error) });
    } finally {
      busy = false;
    }
  };
  // Not awaited: the next message, and the end, are heard while it is under way.
  ws.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') void perform(data);
    else capture = /** @type {Uint8Array} */ (data);
  });
  say({ event: 'ready', targets: destinations.list });
}

/**
 * @param {Uint8Array} capture
 * @param {string} asked
 * @param {object} with_
 * @param {(message: object) => void} with_.say
 * @param {import('./destinations.js').Destinations} with_.destinations
 * @param {(url: string) => import('node:tls').ConnectionOptions} with_.tls
 * @param {AbortSignal} with_.signal
 * @returns {Promise<Uint8Array>} what passed
 */
async function once(capture, asked, { say, destinations, tls, signal }) {
  const settings = settingsOf(valuesOf(asked));
  const inspection = new Inspection();
  let plan;
  try {
    inspection.push(capture);
    inspection.finish();
    plan = planOf(inspection, settings);
  } finally {
    inspection.free();
  }
  destinations.check(plan.url);
  const recording = new Recording();
  const { steps, skipped } = plan.script;
  let told = 0;
  const { differences, result, why } = await replay(plan, settings, {
    options: { createConnection: recording.connecting(tls(plan.url)) },
    signal,
    opened: (url) =>
      say({ event: 'opened', url: withoutSecrets(url), steps: steps.length, skipped }),
    progress: (sent, answers) => {
      if (performance.now() - told < TELL_EVERY) return;
      told = performance.now();
      say({ event: 'progress', sent, answers });
    },
  });
  const recorded = recording.take();
  say({
    event: 'result',
    url: withoutSecrets(plan.url),
    result,
    differences: differences.slice(0, MOST_TOLD),
    untold: Math.max(0, differences.length - MOST_TOLD),
    recorded: recording.whole,
    why,
  });
  return recorded;
}

/**
 * @param {string} text
 * @returns {import('./settings.js').Values}
 */
function valuesOf(text) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    // Said below.
  }
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new Failure('The options of a replay are one JSON object.');
  }
  const isText = (/** @type {unknown} */ value) => typeof value === 'string';
  for (const [name, value] of Object.entries(given)) {
    const right = FLAGS.includes(name)
      ? typeof value === 'boolean'
      : TEXTS.includes(name)
        ? isText(value)
        : LISTS.includes(name)
          ? Array.isArray(value) && value.every(isText)
          : undefined;
    if (right === undefined) {
      const there = [...TEXTS, ...FLAGS, ...LISTS].join(', ');
      throw new Failure(`A replay has no option ${JSON.stringify(name)}; it has ${there}.`);
    }
    if (!right) throw new Failure(`${name} is ${JSON.stringify(value)}, of the wrong type.`);
  }
  return given;
}

/** @param {unknown} error */
function inWords(error) {
  if (error instanceof Failure) return [error.message, ...(error.more ?? [])].join(' ');
  if (error instanceof InputError) return `The capture: ${error.message}`;
  console.error(error);
  return error instanceof Error ? error.message : String(error);
}
