// The first part of the page: the browser's WebSocket and the echo server.
import { element, make, shown, unhex } from './dom.mjs';

const MOST_LINES = 200;

const connect = element('connect', HTMLButtonElement);
const talk = element('talk', HTMLFieldSetElement);
const compose = element('compose', HTMLFormElement);
const message = element('message', HTMLInputElement);
const messages = element('messages', HTMLOListElement);
const status = element('status', HTMLElement);
const problem = element('problem', HTMLElement);

/** @type {WebSocket | undefined} */
let socket;
/**
 * When each message went out whose echo has not come; echoes come in order.
 * @type {number[]}
 */
let sentAt = [];

connect.addEventListener('click', () => {
  if (socket) socket.close(1000);
  else open();
});

function open() {
  const opening = new WebSocket(location.href.replace(/^http/, 'ws').replace(/#.*/, ''));
  opening.binaryType = 'arraybuffer';
  socket = opening;
  sentAt = [];
  show('opening', 'Connecting…', 'Disconnect');
  opening.addEventListener('open', () => {
    show('open', `Connected to ${location.host}`, 'Disconnect');
    talk.disabled = false;
    message.focus();
  });
  opening.addEventListener('message', ({ data }) => {
    const time = performance.now() - (sentAt.shift() ?? performance.now());
    list('in', data, `${time.toFixed(1)} ms`);
  });
  opening.addEventListener('close', ({ code, reason, wasClean }) => {
    socket = undefined;
    talk.disabled = true;
    const how = wasClean ? 'Closed' : 'Lost';
    show(wasClean ? 'closed' : 'failed', `${how} with ${code} ${reason}`.trim(), 'Connect');
  });
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

/** @param {string | Uint8Array<ArrayBuffer>} data */
function send(data) {
  if (!socket) return;
  socket.send(data);
  sentAt.push(performance.now());
  list('out', data);
}

/**
 * @param {'in' | 'out'} direction
 * @param {string | Uint8Array | ArrayBuffer} data
 * @param {string} [time]
 */
function list(direction, data, time = '') {
  const isText = typeof data === 'string';
  const content = isText ? data : new Uint8Array(data);
  const length = isText ? new TextEncoder().encode(data).length : content.length;
  const line = make(
    'li',
    direction,
    make('span', 'arrow', direction === 'in' ? '←' : '→'),
    make('span', 'type', isText ? 'text' : 'binary'),
    make('span', 'size', `${length} B`),
    make('span', 'data', shown(content)),
    make('span', 'time', time),
  );
  line.setAttribute(
    'aria-label',
    `${direction === 'in' ? 'Received' : 'Sent'}, ${length} bytes`,
  );
  messages.append(line);
  if (messages.children.length > MOST_LINES) messages.firstElementChild?.remove();
  messages.scrollTop = messages.scrollHeight;
}

/**
 * Says what went wrong where the visitor looks.
 * @param {() => void} action
 */
function attempt(action) {
  problem.textContent = '';
  try {
    action();
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
  }
}

const isBinary = () => new FormData(compose).get('kind') === 'binary';

compose.addEventListener('change', () => {
  message.placeholder = isBinary() ? '48 65 6c 6c 6f' : 'Type a message';
});

compose.addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(() => {
    send(isBinary() ? unhex(message.value) : message.value);
    message.value = '';
  });
});

element('ping', HTMLButtonElement).addEventListener('click', () => send(new Uint8Array(0)));

element('close', HTMLButtonElement).addEventListener('click', () => {
  const code = element('code', HTMLInputElement).valueAsNumber;
  attempt(() => socket?.close(code, element('reason', HTMLInputElement).value));
});
