// A replay: what one side of a captured connection sent goes to a server again, and what comes is
// compared. The command line and the page are its faces.
import { withoutSecrets } from '../../base/secrets.js';
import { connect } from '../../node/client.js';
import { Failure, UsageError } from '../base/failure.js';
import { url as urlOf } from '../base/options.js';
import { explained } from '../connect/errors.js';
import { filterProblem } from '../dump/options.js';
import { many } from '../dump/words.js';
import { compare } from './compare.js';
import { leave, play, playerOf } from './player.js';
import { choose, scriptOf } from './script.js';

/** Header fields that a handshake makes by itself. */
const OWN = /^(host|upgrade|connection|content-length|transfer-encoding|sec-websocket-.*)$/i;

/** @typedef {import('./script.js').Script} Script */
/** @typedef {import('./settings.js').Settings} Settings */

/**
 * What is to be sent, and where.
 * @typedef {object} Plan
 * @property {Script} script
 * @property {string} url
 * @property {import('../../inspect/index.js').HttpField[]} captured fields of the request
 */

/**
 * All that can be wrong before anything is sent is said here. The inspection may be freed then.
 * @param {import('../../inspect/index.js').Inspection} inspection
 * @param {Settings} settings
 * @returns {Plan}
 */
export function planOf(inspection, { to, side, connection, frames, filter, variables }) {
  const problem = inspection.checkFilter(filter);
  if (problem) throw filterProblem(filter, problem);
  const about = choose(inspection, connection);
  const script = scriptOf(inspection, about, { side, frames, filter });
  if (script.steps.length === 0) throw new Failure('There is nothing in it to send.');
  const captured = inspection.handshake(about.connection)?.request?.headers ?? [];
  for (const { type, data } of script.answers) {
    if (type === 'text') variables.learnThen(`${data}`);
  }
  checkNames(script, variables, to);
  const url = addressOf(variables.fill(to), about.url && variables.fill(about.url));
  return { script, url, captured };
}

/**
 * @param {Plan} plan
 * @param {Settings} settings
 * @param {object} [more]
 * @param {import('../../node.js').ConnectOptions} [more.options] how to connect
 * @param {(url: string) => void} [more.opened]
 * @param {(sent: number, answers: number) => void} [more.progress] after each step
 * @param {AbortSignal} [more.signal] ends it where it is
 */
export async function replay(plan, settings, more = {}) {
  const { script, url, captured } = plan;
  const { variables, frames, withHeaders, headers, handshakeTimeout } = settings;
  const { options, opened, progress = () => {}, signal } = more;
  const { about } = script;
  const own = captured.filter(({ name }) => withHeaders && !OWN.test(name));
  /** @type {[string, string][]} */
  const fields = [...own.map(fieldOf), ...headers];
  const ws = await connect(url, {
    ...options,
    ...(signal && { signal }),
    handshakeTimeout,
    headers: fields.map(
      ([name, value]) => /** @type {[string, string]} */ ([name, variables.fill(value)]),
    ),
    protocols: protocolsOf(captured),
    deflate: deflateOf(about, frames),
    autoPong: !frames,
    deliverWhileClosing: true,
    WebSocket: playerOf(variables),
  }).catch((error) => {
    const usage = error instanceof RangeError || error instanceof TypeError;
    throw usage ? new UsageError(error.message) : explained(error, url);
  });
  if (frames && about.deflate && !ws.stream.deflate) {
    ws.closeConnection();
    throw new Failure(
      'The server takes no compression, and the captured frames have it: leave --frames out.',
    );
  }
  opened?.(url);
  const stop = () => ws.closeConnection();
  signal?.addEventListener('abort', stop);
  const { speed, inTurn, wait, anyOrder, ignored } = settings;
  const sent = await play(ws, script, { speed, inTurn, wait, variables, progress });
  const closedEarly = ws.ended;
  if (!ws.ended) await leave(ws);
  signal?.removeEventListener('abort', stop);

  const expected = script.answers.map(({ type, data }) =>
    type === 'text' ? { type, data: variables.fill(`${data}`) } : { type, data },
  );
  const { same, differences } = compare(expected, ws.answers, { ignored, anyOrder });
  const result = {
    sent,
    steps: script.steps.length,
    expected: expected.length,
    answers: ws.answers.length,
    same,
    // Where we have closed, its code says nothing about the server.
    closed: closedEarly,
    closedWith: script.closedWith,
  };
  /** Why it is not as expected; undefined when it is. */
  const why = whyNot(result, settings.expect, differences.length);
  return { differences, result, why };
}

/**
 * Nothing is sent with a name in it that was forgotten.
 * @param {Script} script
 * @param {import('./variables.js').Variables} variables
 * @param {string} to
 */
function checkNames({ steps }, variables, to) {
  const texts = [
    to,
    ...steps.flatMap(({ type, data }) => (type === 'text' ? [`${data}`] : [])),
  ];
  const names = [...new Set(texts.flatMap((text) => variables.unknown(text)))];
  if (names.length === 0) return;
  throw new UsageError(
    `{{${names[0]}}} has no value: give --set ${names[0]}=…, or --take ${names[0]}=/…/.`,
  );
}

/**
 * @param {string} to
 * @param {string | undefined} captured
 */
function addressOf(to, captured) {
  const url = urlOf(to);
  if (!url || !['ws:', 'wss:'].includes(url.protocol)) {
    throw new UsageError(
      `--to is ${JSON.stringify(withoutSecrets(to))}; write it like ws://127.0.0.1:8080/path or wss://example.com`,
    );
  }
  const bare = !/[/?#]/.test(to.replace(/^[a-z][a-z0-9+.-]*:\/\//i, ''));
  if (bare && captured && URL.canParse(captured)) {
    const { pathname, search } = new URL(captured);
    return url.origin === 'null'
      ? `${url.protocol}//${url.host}${pathname}${search}`
      : `${url.origin}${pathname}${search}`;
  }
  return url.href;
}

/**
 * @param {import('../../inspect/index.js').HttpField} field
 * @returns {[string, string]}
 */
const fieldOf = ({ name, value }) => [name, value];

/** @param {import('../../inspect/index.js').HttpField[]} fields */
function protocolsOf(fields) {
  return fields
    .filter(({ name }) => /^sec-websocket-protocol$/i.test(name))
    .flatMap(({ value }) => value.split(',').map((one) => one.trim()));
}

/**
 * @param {import('../../inspect/index.js').Connection} about
 * @param {boolean} frames what is sent is compressed already, within these bounds
 */
function deflateOf({ deflate }, frames) {
  if (!deflate) return false;
  if (!frames) return true;
  const { guessed, ...agreed } = deflate;
  return agreed;
}

/**
 * @typedef {object} Result
 * @property {number} sent
 * @property {number} steps
 * @property {number} expected
 * @property {number} answers
 * @property {number} same
 * @property {{ code: number, reason: string } | undefined} closed by the server
 * @property {number | undefined} closedWith in the capture
 */

/**
 * Why it is not as expected; undefined when it is.
 * @param {Result} result
 * @param {'same' | 'count' | 'any' | number} expect
 * @param {number} differences
 */
function whyNot({ sent, steps, expected, answers, closed, closedWith }, expect, differences) {
  if (expect === 'any') return undefined;
  if (typeof expect === 'number') {
    if (closed?.code === expect) return undefined;
    return closed
      ? `The server closed with ${closed.code}, not with ${expect}.`
      : `The server did not close; expected was ${expect}.`;
  }
  if (closed && sent < steps) {
    const { code, reason } = closed;
    return `The server closed with ${code}${reason ? ` (${reason})` : ''} after ${sent} of ${steps} messages.`;
  }
  if (expect === 'count') {
    return answers === expected
      ? undefined
      : `${many(answers, 'answer')} came, not ${expected}.`;
  }
  if (differences) return `${many(differences, 'difference')}.`;
  if (closedWith !== undefined && closed?.code !== closedWith) {
    return closed
      ? `The server closed with ${closed.code}, in the capture with ${closedWith}.`
      : `The server did not close; in the capture it did, with ${closedWith}.`;
  }
  return undefined;
}
