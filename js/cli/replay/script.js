// What one side of a captured connection sent, and what the other side said: what to send again,
// and what to expect.
import { Failure, UsageError } from '../base/failure.js';
import { payload } from '../dump/payload.js';
import { ending, ends } from '../dump/words.js';

/** Rows that are asked for at a time. */
const ROWS = 1000;
/** Connections that are listed for a choice. */
const LISTED = 20;

/** @typedef {import('../../inspect/index.js').Inspection} Inspection */
/** @typedef {import('../../inspect/index.js').Connection} About */
/** @typedef {import('../../inspect/index.js').Row} Row */

/** A message of data. @typedef {{ type: 'text' | 'binary', data: string | Buffer }} Said */

/**
 * @typedef {object} Step
 * @property {number} time in the capture, in milliseconds
 * @property {'text' | 'binary' | 'ping' | 'close' | 'frame'} type
 * @property {string | Buffer} data of a close, its reason; of a frame, all of its bytes
 * @property {number} [code] of a close
 * @property {number} after how many answers had come before it
 */

/**
 * @typedef {object} Script
 * @property {About} about
 * @property {number} start when the handshake was over, or the first message came
 * @property {Step[]} steps
 * @property {Said[]} answers
 * @property {number | undefined} closedWith the other side closed first, with this code
 * @property {string[]} skipped what cannot be sent as a message, in sentences
 */

/**
 * The connection to take: the one that is asked for, or the only one there is.
 * @param {Inspection} inspection
 * @param {number | undefined} number
 */
export function choose(inspection, number) {
  const all = inspection.connections();
  const usable = all.filter((about) => about.frames.c2s + about.frames.s2c > 0);
  const list = usable
    .slice(0, LISTED)
    .map((about) => `  --connection ${about.connection}   ${inWords(about)}`);
  if (usable.length > LISTED) list.push(`  and ${usable.length - LISTED} more`);
  if (number !== undefined) {
    const found = usable.find((about) => about.connection === number);
    if (found) return found;
    throw new UsageError(
      all[number]
        ? `Connection ${number} has no WebSocket frames.`
        : `There is no connection ${number} in the file.`,
      list,
    );
  }
  if (usable.length === 1) return usable[0];
  if (usable.length === 0) throw new Failure('There is no WebSocket in the file.');
  throw new UsageError(`The file has ${usable.length} WebSockets. Which one?`, list);
}

/** @param {About} about */
function inWords(about) {
  const { messages, url } = about;
  const counts = `${messages.c2s} messages there, ${messages.s2c} back`;
  return [ends(about), url ?? '', counts, ending(about)].filter(Boolean).join(' · ');
}

/**
 * @param {Inspection} inspection
 * @param {About} about
 * @param {object} how
 * @param {'c2s' | 's2c'} how.side whose messages are sent
 * @param {boolean} how.frames frames as they were instead of messages
 * @param {string} how.filter only what it lets through is sent
 * @returns {Script}
 */
export function scriptOf(inspection, about, { side, frames, filter }) {
  const { connection } = about;
  const only = filter === '' ? '' : ` and (${filter})`;
  const sent = rows(inspection, {
    kind: frames ? 'frames' : 'messages',
    filter: `conn:${connection} and dir:${side}${only}`,
  });
  const other = side === 'c2s' ? 's2c' : 'c2s';
  const heard = Array.from(
    rows(inspection, { kind: 'messages', filter: `conn:${connection} and dir:${other}` }),
  );
  const data = heard.filter((row) => row.opcode === 'text' || row.opcode === 'binary');
  /** @type {string[]} */
  const skipped = [];
  /** @type {Step[]} */
  const steps = [];
  let after = 0;
  for (const row of sent) {
    while (after < data.length && data[after].time <= row.time) after++;
    const step = frames ? frameStep(inspection, row) : messageStep(inspection, row, skipped);
    if (step) steps.push({ time: row.time, after, ...step });
  }
  const ours = about.close[side];
  const theirs = about.close[other];
  const first = theirs && (!ours || timeOf(inspection, theirs) < timeOf(inspection, ours));
  return {
    about,
    start: inspection.handshake(connection)?.response?.time ?? steps[0]?.time ?? 0,
    // The answer to a close is given by itself.
    steps: first && !frames ? steps.filter(({ type }) => type !== 'close') : steps,
    answers: data.map((row) => said(inspection, row)),
    closedWith: first ? theirs.code : undefined,
    skipped,
  };
}

/**
 * @param {Inspection} inspection
 * @param {{ frame: number }} close
 */
const timeOf = (inspection, { frame }) => inspection.frame(frame)?.row.time ?? 0;

/**
 * @param {Inspection} inspection
 * @param {import('../../inspect/index.js').ViewOptions} options
 */
function* rows(inspection, options) {
  const view = inspection.view(options);
  for (let from = 0; from < view.length; from += ROWS) yield* view.rows(from, ROWS);
  view.free();
}

/**
 * @param {Inspection} inspection
 * @param {Row} row
 * @returns {{ type: 'frame', data: Buffer }}
 */
function frameStep(inspection, row) {
  if (row.made) {
    throw new UsageError('The file has messages and no frames: leave --frames out.');
  }
  const pieces = [];
  for (let at = 0; ; ) {
    const got = inspection.bytes(row.frame, 'wire', at);
    if (!got?.bytes.length) break;
    pieces.push(got.bytes);
    at += got.bytes.length;
  }
  return { type: 'frame', data: Buffer.concat(pieces) };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param {Inspection} inspection
 * @param {Row} row
 * @param {string[]} skipped
 * @returns {Omit<Step, 'time' | 'after'> | undefined}
 */
function messageStep(inspection, row, skipped) {
  const { opcode, complete, frame } = row;
  // Pongs are answers, which the client gives by itself.
  if (opcode === 'pong') return undefined;
  const bytes = payload(inspection, row);
  const no = (/** @type {string} */ why) => {
    skipped.push(`frame ${frame} is left out: ${why}. With --frames it is sent as it was.`);
    return undefined;
  };
  if (!complete) return no('it is not all there');
  if (opcode === 'text') {
    try {
      return { type: 'text', data: utf8.decode(bytes) };
    } catch {
      return no('its text is no UTF-8');
    }
  }
  if (opcode === 'binary') return { type: 'binary', data: bytes };
  if (opcode === 'ping') {
    return bytes.length > 125
      ? no('it is longer than a ping may be')
      : { type: 'ping', data: bytes };
  }
  if (opcode === 'close') {
    const code = bytes.length < 2 ? undefined : bytes.readUInt16BE(0);
    return { type: 'close', data: bytes.toString('utf8', 2), ...(code && { code }) };
  }
  return no(`it is of no kind that messages have (${opcode})`);
}

/**
 * @param {Inspection} inspection
 * @param {Row} row
 * @returns {Said}
 */
function said(inspection, row) {
  const bytes = payload(inspection, row);
  return row.opcode === 'text'
    ? { type: 'text', data: bytes.toString() }
    : { type: 'binary', data: bytes };
}
