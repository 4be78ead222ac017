// One line for each thing that happens on a connection:
// time, connection, direction, what, flags, length in bytes, the beginning of the content.
import { opcodeName, spacedHex } from '../base/frames.js';
import { painter } from '../base/painter.js';

const PREVIEW = 40;

const { plain, bold, dim, red, green, cyan } = painter(process.stdout);

/** @typedef {ReturnType<typeof logger>} Log */

/** @param {number} number of the connection */
export function logger(number) {
  /** @param {string} text */
  const line = (text) => {
    const now = new Date();
    const time = `${now.toTimeString().slice(0, 8)}.${`${now.getMilliseconds()}`.padStart(3, '0')}`;
    console.log(`${dim(time)} ${bold(`#${number}`)} ${text}`);
  };
  return {
    /** @param {import('../../index.js').FrameEvent} frame */
    frame: (frame) => {
      const { fin, rsv1, rsv2, rsv3, masked } = frame;
      const flags = Object.entries({ fin, rsv1, rsv2, rsv3, masked });
      const set = flags.flatMap(([name, on]) => (on ? [name.toUpperCase()] : []));
      line(columns(cyan('←'), 'frame', opcodeName(frame.opcode), set, frame.payloadLength));
    },
    /** @param {import('../../index.js').Message} message */
    message: (message) =>
      line(columns(cyan('←'), 'message', message.type, [], message.length, preview(message))),
    /** @param {import('../../index.js').Message} message that goes out in one unmasked frame */
    sent: (message) =>
      line(
        columns(green('→'), 'frame', message.type, ['FIN'], message.length, preview(message)),
      ),
    note: (/** @type {string} */ text) => line(`· ${plain(text)}`),
    problem: (/** @type {string} */ text) => line(red(`✗ ${text}`)),
  };
}

/**
 * @param {string} arrow
 * @param {string} what
 * @param {string} opcode
 * @param {string[]} flags
 * @param {number} length
 * @param {string} [content]
 */
function columns(arrow, what, opcode, flags, length, content = '') {
  const name = `${what.padEnd(7)} ${opcode.padEnd(12)}`;
  return `${arrow} ${name} ${flags.join(' ').padEnd(10)} ${`${length}`.padStart(8)} B  ${dim(content)}`.trimEnd();
}

/** @param {any} message */
function preview({ type, data, code, reason }) {
  if (type === 'close') return `${code} ${reason}`;
  if (typeof data === 'string') return `"${data.slice(0, PREVIEW)}"${more(data)}`;
  return spacedHex(data.subarray(0, PREVIEW / 3)) + more(data, PREVIEW / 3);
}

/** @param {{ length: number }} data */
const more = (data, shown = PREVIEW) => (data.length > shown ? '…' : '');
