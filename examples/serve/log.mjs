// One line for each thing that happens on a connection:
// time, connection, direction, what, flags, length in bytes, the beginning of the content.

const OPCODES = ['continuation', 'text', 'binary', '', '', '', '', '', 'close', 'ping', 'pong'];
const PREVIEW = 40;

const colours = process.stdout.isTTY && !process.env.NO_COLOR;
/** @type {(code: number) => (text: string) => string} */
const paint = (code) => (text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
const [bold, dim, red, green, cyan] = [1, 2, 31, 32, 36].map(paint);

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
    /** @param {import('ws4wasm').FrameEvent} frame */
    frame: (frame) => {
      const { fin, rsv1, rsv2, rsv3, masked } = frame;
      const flags = Object.entries({ fin, rsv1, rsv2, rsv3, masked });
      const set = flags.flatMap(([name, on]) => (on ? [name.toUpperCase()] : []));
      line(columns(cyan('←'), 'frame', OPCODES[frame.opcode], set, frame.payloadLength));
    },
    /** @param {import('ws4wasm').Message} message */
    message: (message) =>
      line(columns(cyan('←'), 'message', message.type, [], message.length, preview(message))),
    /** @param {import('ws4wasm').Message} message that goes out in one unmasked frame */
    sent: (message) =>
      line(
        columns(green('→'), 'frame', message.type, ['FIN'], message.length, preview(message)),
      ),
    note: (/** @type {string} */ text) => line(`· ${printable(text)}`),
    problem: (/** @type {string} */ text) => line(red(`✗ ${printable(text)}`)),
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
  if (type === 'close') return `${code} ${printable(reason)}`;
  if (typeof data === 'string') return `"${printable(data.slice(0, PREVIEW))}"${more(data)}`;
  const head = data.subarray(0, PREVIEW / 3);
  return (
    Buffer.from(head)
      .toString('hex')
      .replace(/..(?=.)/g, '$& ') + more(data, PREVIEW / 3)
  );
}

/** @param {{ length: number }} data */
const more = (data, shown = PREVIEW) => (data.length > shown ? '…' : '');

/**
 * A peer's text must not reach the terminal as control or formatting characters.
 * @param {string} text
 */
function printable(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}
