// What nobody can do without: the documented events, of messages that are known beforehand. No
// header is read, nothing unmasked or validated; payloads lie side by side, as ASCII or in UTF-16.
// A bound for engines that give their users such objects, and none for what they do beside.
import { PlainParser } from './plain-parser.js';

/** As long as ws4wasm's runs of short texts may be in Node. */
const RUN = 1024;

/**
 * What a chunk completes.
 * @typedef {object} Known
 * @property {any} memory a Buffer; of strings, which types do not tell
 * @property {Int32Array} places of each message: where it begins and ends in memory, in bytes,
 *   where the run ends that becomes one string, and what it is
 */

/** The class of Node's own slices; they are made faster so. @type {any} */
const Bytes = /** @type {any} */ (Buffer)[Symbol.species];

const ASCII = 0;
const UTF16 = 1;
const BINARY = 2;

/**
 * @param {Pick<typeof import('ws4wasm'), 'TextMessage' | 'BinaryMessage'>} engine
 * @returns {import('./peers.mjs').Peer}
 */
export function eventsAlone({ TextMessage, BinaryMessage }) {
  return {
    name: 'events alone',
    version: '',
    roles: ['server', 'client'],
    receiver(role, tally) {
      /** @type {(string | Uint8Array)[]} */
      let complete = [];
      const keep = (/** @type {any} */ data) => void complete.push(data);
      const parser = new PlainParser(role === 'server', { text: keep, bytes: keep });
      /** @param {any} chunk */
      const learn = (chunk) => {
        parser.receive(Uint8Array.from(chunk));
        const known = placed(complete);
        complete = [];
        chunk.known = known;
        return known;
      };
      /** @param {any} chunk */
      const receive = (chunk) => {
        const { memory, places } = /** @type {Known} */ (chunk.known ?? learn(chunk));
        const events = new Array(places.length >> 2);
        let run = '';
        let runStart = 0;
        let runEnd = -1;
        for (let i = 0; i < places.length; i += 4) {
          const start = places[i];
          const end = places[i + 1];
          const kind = places[i + 3];
          if (kind === BINARY) {
            const event = new BinaryMessage(new Bytes(memory.buffer, start, end - start));
            event.completed = true;
            events[i >> 2] = event;
            continue;
          }
          if (end > runEnd) {
            runStart = start;
            runEnd = places[i + 2];
            run =
              kind === ASCII
                ? memory.latin1Slice(runStart, runEnd)
                : memory.ucs2Slice(runStart, runEnd);
          }
          const text =
            kind === ASCII
              ? run.substring(start - runStart, end - runStart)
              : run.substring((start - runStart) >> 1, (end - runStart) >> 1);
          const event = new TextMessage(text);
          event.completed = true;
          events[i >> 2] = event;
        }
        return events;
      };
      return (chunk) => {
        for (const { type, data } of receive(chunk)) {
          if (type === 'text') tally.text(data);
          else tally.bytes(data);
        }
      };
    },
    sender() {
      throw new Error('events alone are not sent');
    },
  };
}

/**
 * @param {(string | Uint8Array)[]} messages
 * @returns {Known}
 */
function placed(messages) {
  const kinds = messages.map((data) =>
    typeof data !== 'string' ? BINARY : /^[\0-\x7f]*$/.test(data) ? ASCII : UTF16,
  );
  const bytes = messages.map((data, i) =>
    typeof data === 'string'
      ? Buffer.from(data, kinds[i] === ASCII ? 'latin1' : 'utf16le')
      : Buffer.from(data),
  );
  const places = new Int32Array(4 * messages.length);
  let at = 0;
  for (const [i, { length }] of bytes.entries()) {
    places.set([at, at + length, at + length, kinds[i]], 4 * i);
    at += length;
  }
  // Texts of ASCII that stand together are a run, as long as it is not too long.
  for (let first = 0; first < messages.length; ) {
    let next = first + 1;
    const fits = (/** @type {number} */ i) =>
      kinds[i] === ASCII && places[4 * i + 1] - places[4 * first] <= RUN;
    while (kinds[first] === ASCII && next < messages.length && fits(next)) next++;
    for (let i = first; i < next; i++) places[4 * i + 2] = places[4 * next - 3];
    first = next;
  }
  // Memory of its own, not of Node's pool: places are from its beginning.
  const memory = Buffer.from(new Uint8Array(at).buffer);
  for (const [i, piece] of bytes.entries()) memory.set(piece, places[4 * i]);
  return { memory, places };
}
