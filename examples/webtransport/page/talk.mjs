// The page: a WebSocket of ws4wasm on a stream of a WebTransport session.
import { WebSocket } from 'ws4wasm';
import { element, make, shown, unhex } from '../../page/dom.mjs';

const MOST_LINES = 200;

const connect = element('connect', HTMLButtonElement);
const talk = element('talk', HTMLFieldSetElement);
const compose = element('compose', HTMLFormElement);
const message = element('message', HTMLInputElement);
const messages = element('messages', HTMLOListElement);
const status = element('status', HTMLElement);
const problem = element('problem', HTMLElement);

/** A session with the server, whose certificate is trusted by its hash. */
async function openSession() {
  if (!globalThis.WebTransport) throw new Error('This browser has no WebTransport.');
  const { port, sha256 } = await (await fetch('/session.json')).json();
  const transport = new WebTransport(`https://127.0.0.1:${port}/`, {
    serverCertificateHashes: [{ algorithm: 'sha-256', value: unhex(sha256) }],
  });
  // How it ends is seen on the stream, and told there.
  transport.closed.catch(() => {});
  await transport.ready;
  return transport;
}

class Talk extends WebSocket {
  /** When each message went out whose echo has not come; echoes come in order. */
  #sentAt = /** @type {number[]} */ ([]);

  opened() {
    show('open', 'Connected', 'Disconnect');
    talk.disabled = false;
    message.focus();
  }

  /** @param {string | Uint8Array | Iterable<string>} data */
  say(data) {
    this.#sentAt.push(performance.now());
    list(
      'out',
      typeof data === 'string' || data instanceof Uint8Array ? data : [...data].join(''),
    );
    return this.send(data);
  }

  /** @param {import('ws4wasm').TextMessage | import('ws4wasm').BinaryMessage} received */
  receivedMessage({ data }) {
    const time = performance.now() - (this.#sentAt.shift() ?? performance.now());
    list('in', data, time);
  }

  /** @param {import('ws4wasm').PongControlMessage} pong */
  ponged({ data }) {
    // Its payload is the time at which the ping left.
    list(
      'in',
      data,
      performance.now() - new DataView(data.slice().buffer).getFloat64(0),
      'pong',
    );
  }

  timedPing() {
    const now = new DataView(new ArrayBuffer(8));
    now.setFloat64(0, performance.now());
    const data = new Uint8Array(now.buffer);
    list('out', data, undefined, 'ping');
    return this.ping(data);
  }

  /**
   * @param {number} code
   * @param {string} [reason]
   */
  closed(code, reason = '') {
    const [state, how] = code === 1006 ? ['failed', 'Lost'] : ['closed', 'Closed'];
    show(state, `${how} with ${code} ${reason}`.trim(), 'Connect');
    talk.disabled = true;
  }
}

/** @type {Talk | undefined} */
let socket;

async function open() {
  show('opening', 'Connecting…', 'Connect');
  connect.disabled = true;
  try {
    const transport = await openSession();
    const stream = await transport.createBidirectionalStream();
    socket = new Talk(stream, { role: 'client' });
    // The session must be kept as long as its streams are used: Firefox closes one whose
    // object was collected as garbage. Here this function keeps it.
    void socket.run().then(() => {
      socket = undefined;
      transport.close();
    });
  } catch (error) {
    show('failed', 'Not connected', 'Connect');
    throw error;
  } finally {
    connect.disabled = false;
  }
}

/**
 * @param {string} state
 * @param {string} text
 * @param {string} button
 */
function show(state, text, button) {
  status.dataset.state = state;
  status.textContent = text;
  connect.textContent = button;
}

/**
 * @param {'in' | 'out'} direction
 * @param {string | Uint8Array} data
 * @param {number} [time]
 * @param {string} [type]
 */
function list(direction, data, time, type = typeof data === 'string' ? 'text' : 'binary') {
  const length = typeof data === 'string' ? new TextEncoder().encode(data).length : data.length;
  const line = make(
    'li',
    direction,
    make('span', 'arrow', direction === 'in' ? '←' : '→'),
    make('span', 'type', type),
    make('span', 'size', `${length} B`),
    make('span', 'data', shown(data)),
    make('span', 'time', time === undefined ? '' : `${time.toFixed(1)} ms`),
  );
  line.firstElementChild?.setAttribute('aria-label', direction === 'in' ? 'received' : 'sent');
  line.firstElementChild?.setAttribute('role', 'img');
  messages.append(line);
  if (messages.children.length > MOST_LINES) messages.firstElementChild?.remove();
  messages.scrollTop = messages.scrollHeight;
}

/**
 * Says what went wrong where the visitor looks.
 * @param {() => unknown} action
 */
async function attempt(action) {
  problem.textContent = '';
  try {
    await action();
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
  }
}

const kind = () => String(new FormData(compose).get('kind'));

/** What is to be sent, in the kind that was chosen. */
function content() {
  const text = message.value;
  if (kind() === 'binary') return unhex(text);
  return kind() === 'words' ? text.split(/(?<=\s)(?=\S)/) : text;
}

compose.addEventListener('change', () => {
  message.placeholder = kind() === 'binary' ? '48 65 6c 6c 6f' : 'Type a message';
});

compose.addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(() => {
    const data = content();
    message.value = '';
    return socket?.say(data);
  });
});

connect.addEventListener('click', () => {
  void attempt(() => (socket ? socket.close() : open()));
});

element('ping', HTMLButtonElement).addEventListener('click', () => {
  void attempt(() => socket?.timedPing());
});

element('close', HTMLButtonElement).addEventListener('click', () => {
  const code = element('code', HTMLInputElement).valueAsNumber;
  void attempt(() => socket?.close(code, element('reason', HTMLInputElement).value));
});

// A click before the engine is there would be lost.
connect.disabled = false;
