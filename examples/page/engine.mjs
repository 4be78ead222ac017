// The second part of the page: ws4wasm itself, in the browser. What is typed becomes a
// client's frames, and a server's stream says what it makes of their bytes.
// What `ws4wasm` is in browsers; a bundler, or an import map, finds it by that name.
import { Stream } from '../../js/entry/web.js';
import { element, hex, make, shown, unhex } from './dom.mjs';

const OPCODES = ['continuation', 'text', 'binary', '', '', '', '', '', 'close', 'ping', 'pong'];
const MOST_BYTES = 1024;

const form = element('inspect', HTMLFormElement);
const input = element('input', HTMLInputElement);
const halves = element('halves', HTMLInputElement);
const bytewise = element('bytewise', HTMLInputElement);
const wire = element('wire', HTMLElement);
const rows = element('events', HTMLElement);

const kindNow = () => String(new FormData(form).get('as'));
let kind = kindNow();

form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', () => {
  convert(kindNow());
  update();
});
update();

/**
 * The content stays the same when it is to be sent as something else.
 * @param {string} next
 */
function convert(next) {
  const wasHex = kind === 'binary';
  const isHex = next === 'binary';
  kind = next;
  if (isHex && !wasHex) input.value = hex(new TextEncoder().encode(input.value));
  if (wasHex && !isHex) {
    try {
      input.value = new TextDecoder().decode(unhex(input.value));
    } catch {
      // What is no hex stays as it was typed.
    }
  }
}

function update() {
  halves.disabled = kind === 'ping' || kind === 'close';
  const client = new Stream({ role: 'client' });
  const server = new Stream({ role: 'server', frames: true });
  try {
    const bytes = encode(client, input.value);
    const pieces = bytewise.checked
      ? Array.from(bytes, (byte) => Uint8Array.of(byte))
      : [bytes];
    const events = pieces.flatMap((piece) => server.receive(piece));
    wire.replaceChildren(...dump(bytes, events));
    rows.replaceChildren(...events.map(row));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    wire.replaceChildren(make('span', 'problem', message));
    rows.replaceChildren();
  } finally {
    client.free();
    server.free();
  }
}

/**
 * @param {Stream} client
 * @param {string} content
 */
function encode(client, content) {
  if (kind === 'ping') return client.ping(content);
  if (kind === 'close') return client.close(1000, content).single(true);
  const binary = kind === 'binary';
  const data = binary ? unhex(content) : new TextEncoder().encode(content);
  if (!halves.checked) return client.encode(data, { binary });
  // The cut may be inside a character: only the whole message has to be UTF-8.
  const middle = data.length >> 1;
  const first = client.encode(data.subarray(0, middle), { binary, fin: false });
  const last = client.encode(data.subarray(middle), { binary, first: false });
  return Uint8Array.of(...first, ...last);
}

/**
 * The bytes in hex, coloured by what they are.
 * @param {Uint8Array} bytes
 * @param {any[]} events
 */
function dump(bytes, events) {
  const spans = [];
  for (const { type, offset, headerLength, payloadLength } of events) {
    if (type !== 'frame') continue;
    const payloadAt = offset + headerLength;
    /** @type {[string, number, number][]} */
    const parts = [
      ['header', offset, payloadAt - 4],
      ['key', payloadAt - 4, payloadAt],
      ['payload', payloadAt, Math.min(payloadAt + payloadLength, payloadAt + MOST_BYTES)],
    ];
    for (const [part, from, to] of parts) {
      if (to > from) spans.push(make('span', part, hex(bytes.subarray(from, to))), ' ');
    }
    if (payloadLength > MOST_BYTES) spans.push(`… ${payloadLength - MOST_BYTES} more `);
  }
  return spans;
}

/** @param {any} event */
function row(event) {
  const [what, flags, length, content] = cells(event);
  return make(
    'li',
    '',
    make('span', 'what', what),
    make('span', 'flags', flags),
    make('span', 'size', `${length} B`),
    make('span', 'data', content),
  );
}

/**
 * @param {any} event
 * @returns {[string, string, number, string]}
 */
function cells(event) {
  if (event.type === 'frame') {
    const { fin, masked, opcode, payloadLength, maskingKey } = event;
    const flags = [fin && 'FIN', masked && 'MASK'].filter(Boolean).join(' ');
    return [`frame ${OPCODES[opcode]}`, flags, payloadLength, `key ${hex(maskingKey)}`];
  }
  if (event.type === 'close') {
    return ['close message', '', event.length, `${event.code} ${event.reason}`];
  }
  return [`${event.type} message`, '', event.length, shown(event.data)];
}
