// What a client shows. At a terminal: who said what, in colours, around the line being typed.
// In a pipe: what came on stdout and nothing else, the rest on stderr.
import { once } from 'node:events';
import { clearLine, cursorTo } from 'node:readline';
import { opcodeName, spacedHex } from '../base/frames.js';
import { painter } from '../base/painter.js';
import { jsonLine } from '../base/printable.js';

/** @typedef {ReturnType<typeof printer>} Printer */

/** @param {{ interactive: boolean, json: boolean }} how */
export function printer({ interactive, json }) {
  const { plain, cyan, dim, red, yellow } = painter(process.stdout);
  /** @type {import('node:readline').Interface | undefined} */
  let lines;
  /** When the pings that were not answered yet were sent. @type {number[]} */
  const pings = [];

  /** @param {string} text */
  const show = (text) => {
    if (lines) {
      clearLine(process.stdout, 0);
      cursorTo(process.stdout, 0);
    }
    const taken = process.stdout.write(`${text}\n`);
    lines?.prompt(true);
    return taken ? undefined : once(process.stdout, 'drain');
  };

  /** @param {string[]} lines about the connection */
  const status = (...lines) => {
    if (interactive) show(lines.map(dim).join('\n'));
  };

  return {
    status,

    /** @param {import('node:readline').Interface | undefined} now the line being typed */
    promptWith(now) {
      lines = now;
    },

    /**
     * @param {import('../../index.js').TextMessage | import('../../index.js').BinaryMessage} message
     * @returns what to wait for before more is shown
     */
    message({ type, data }) {
      if (json) return show(jsonLine({ type, data: encoded(data) }));
      const text = typeof data === 'string' ? data : spacedHex(data);
      // Programs get the text as it is; a terminal would obey it.
      if (!interactive) return show(process.stdout.isTTY ? plain(text) : text);
      const shown = typeof data === 'string' ? plain(text) : yellow(text || '(empty)');
      return show(`${cyan('←')} ${dim(`${type} ${lengthOf(data)}`)} ${shown}`);
    },

    /** @param {import('../../index.js').FrameEvent} frame */
    frame({ opcode, fin, rsv1, payloadLength }) {
      const flags = [fin && 'FIN', rsv1 && 'RSV1'].filter(Boolean).join(' ');
      const line = `frame ${opcodeName(opcode)} ${flags} ${payloadLength} B`.replace(
        / +/g,
        ' ',
      );
      if (json) {
        show(jsonLine({ type: 'frame', opcode, fin, rsv1, payloadLength }));
      } else if (interactive) show(dim(`← ${line}`));
      else console.error(line);
    },

    pinged() {
      pings.push(performance.now());
    },

    /** @param {import('../../index.js').PongControlMessage} pong */
    pong(pong) {
      const sent = pings.shift();
      if (!interactive || sent === undefined) return;
      const time = (performance.now() - sent).toFixed(1);
      show(`${cyan('←')} ${dim(`pong ${pong.length} B, ${time} ms`)} ${plain(`${pong}`)}`);
    },

    /** @param {string} text */
    problem(text) {
      if (interactive) show(red(text));
      else console.error(plain(text));
    },
  };
}

/** @param {string | Uint8Array} data */
const encoded = (data) =>
  typeof data === 'string' ? data : Buffer.from(data).toString('base64');

/** @param {string | Uint8Array} data */
const lengthOf = (data) =>
  `${typeof data === 'string' ? Buffer.byteLength(data) : data.length} B`;
