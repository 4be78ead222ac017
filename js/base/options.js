// Which options there are, what each may be, and what takes the place of other libraries' ones.
// Options are judged where they are written: a name that means nothing here is a mistake, and an
// ignored `verifyClient` or `maxPayload` would leave a door open.
import * as check from './arguments.js';

/**
 * The options of a function or a class: for each name a check that throws for a wrong value.
 * @typedef {Readonly<Record<string, (value: unknown, name: string) => unknown>>} Shape
 */

/** For what is judged elsewhere, or may be anything. */
export const anything = () => {};

/**
 * @param {readonly string[]} values
 * @returns {(value: unknown, name: string) => unknown}
 */
export function oneOf(...values) {
  const allowed = values.map((value) => `'${value}'`).join(' or ');
  return (value, name) => {
    if (values.includes(/** @type {string} */ (value))) return;
    throw (typeof value === 'string' ? check.outOfRange : check.wrongType)(
      name,
      value,
      allowed,
    );
  };
}

/** @param {number} min */
const limitFrom = (min) => (/** @type {unknown} */ value, /** @type {string} */ name) =>
  check.limit(value, name, min);

/** @param {unknown} value @param {string} name */
function listOrNull(value, name) {
  if (value !== null && !Array.isArray(value)) {
    throw check.wrongType(name, value, 'a list of strings, or null');
  }
}

/**
 * Of `Stream`; what `deflate` may be, js/core/deflate.js knows.
 * @type {Shape}
 */
export const STREAM = {
  role: oneOf('server', 'client'),
  alwaysMask: check.flag,
  expectMasking: check.flag,
  maxFrameSize: limitFrom(0),
  maxMessageSize: limitFrom(0),
  maxFragments: limitFrom(1),
  partial: check.flag,
  frames: check.flag,
  ownsInput: check.flag,
  text: oneOf('string', 'bytes'),
  deflate: anything,
};

/**
 * Of `WebSocket`, and of all that makes one.
 * @type {Shape}
 */
export const CONNECTION = {
  ...STREAM,
  protocols: listOrNull,
  extensions: listOrNull,
  environ: anything,
  closeTimeout: (value, name) => check.integer(value, name, 0, check.MAX_DELAY),
  pingInterval: check.delay,
  pingTimeout: check.delay,
  idleTimeout: check.delay,
  maxBufferedAmount: limitFrom(1),
  head: check.bytes,
  autoPong: check.flag,
  concurrentHandlers: check.flag,
  deliverWhileClosing: check.flag,
  uncaughtErrors: check.flag,
};

const LEAVE_OUT = 'leave it out';

/**
 * Options of ws, websocket, uWebSockets.js and Bun, and what does here what they do there.
 * @type {ReadonlyMap<string, string>}
 */
const FOREIGN = new Map([
  // ws
  ['verifyClient', "use 'verify', or 'origins' for what browsers may"],
  ['handleProtocols', "use 'protocols', or 'selectProtocol'"],
  ['maxPayload', "use 'maxMessageSize'"],
  ['perMessageDeflate', "use 'deflate'"],
  ['path', "use 'verify': ({ url }) => url === '/path' || 404"],
  ['port', 'use createServer(options).listen(port)'],
  ['host', 'use createServer(options).listen(port, host)'],
  ['backlog', 'use createServer(options).listen({ port, backlog })'],
  ['server', "use server.on('upgrade', …) and upgrade(request, socket, head, options)"],
  ['noServer', 'use upgrade(request, socket, head, options)'],
  ['clientTracking', "use a Set of your own: add in 'opened', delete in 'closed'"],
  ['skipUTF8Validation', `text is always checked: ${LEAVE_OUT}`],
  ['allowSynchronousEvents', LEAVE_OUT],
  ['generateMask', `masking keys are random: ${LEAVE_OUT}`],
  ['protocolVersion', `there is version 13 only: ${LEAVE_OUT}`],
  ['followRedirects', "use 'maxRedirects'"],
  ['finishRequest', "use 'createConnection'"],
  ['origin', "use 'headers': { Origin: … }; on a server 'origins'"],
  ['rejectUnauthorized', "use 'tls': { rejectUnauthorized }"],
  ['ca', "use 'tls': { ca }"],
  ['cert', "use 'tls': { cert }"],
  ['key', "use 'tls': { key }"],
  ['pfx', "use 'tls': { pfx }"],
  ['passphrase', "use 'tls': { passphrase }"],
  ['servername', "use 'tls': { servername }"],
  ['localAddress', "use 'net': { localAddress }"],
  ['family', "use 'net': { family }"],
  ['lookup', "use 'net': { lookup }"],
  ['auth', "use 'headers': { Authorization: … }"],
  ['zlibDeflateOptions', "use 'level' and 'memLevel'"],
  ['zlibInflateOptions', `the window's size is agreed on: ${LEAVE_OUT}`],
  ['concurrencyLimit', `compression does not wait: ${LEAVE_OUT}`],
  ['server_no_context_takeover', "use 'serverNoContextTakeover'"],
  ['client_no_context_takeover', "use 'clientNoContextTakeover'"],
  ['server_max_window_bits', "use 'serverMaxWindowBits'"],
  ['client_max_window_bits', "use 'clientMaxWindowBits'"],
  // websocket
  ['httpServer', "use server.on('upgrade', …) and upgrade(request, socket, head, options)"],
  ['autoAcceptConnections', "use 'verify', or 'origins'"],
  ['maxReceivedFrameSize', "use 'maxFrameSize'"],
  ['maxReceivedMessageSize', "use 'maxMessageSize'"],
  ['keepalive', "use 'pingInterval'"],
  ['keepaliveInterval', "use 'pingInterval'"],
  ['keepaliveGracePeriod', "use 'pingTimeout'"],
  ['dropConnectionOnKeepaliveTimeout', "use 'pingTimeout'"],
  ['disableNagleAlgorithm', "use 'net': { noDelay }"],
  ['assembleFragments', "use 'partial': true"],
  ['tlsOptions', "use 'tls'"],
  // uWebSockets.js and Bun
  ['maxPayloadLength', "use 'maxMessageSize'"],
  ['maxBackpressure', "use 'maxBufferedAmount'"],
  ['backpressureLimit', "use 'maxBufferedAmount'"],
  ['compression', "use 'deflate'"],
  ['sendPings', "use 'pingInterval'"],
  ['sendPingsAutomatically', "use 'pingInterval'"],
]);

/**
 * Judges options; what is undefined counts as not given.
 * @param {unknown} value
 * @param {Shape} shape
 * @param {string} owner whose options they are, for the error
 * @returns {Record<string, unknown>} the options
 * @throws {TypeError} for an option that `shape` does not have, or of the wrong type
 * @throws {RangeError} for one out of range
 */
export function judged(value, shape, owner) {
  const given = check.options(value);
  for (const name in given) {
    const one = given[name];
    if (one === undefined) continue;
    if (!Object.hasOwn(shape, name)) throw unknown(name, shape, owner);
    shape[name](one, name);
  }
  return given;
}

/**
 * @param {string} name
 * @param {Shape} shape
 * @param {string} owner
 */
function unknown(name, shape, owner) {
  const same = Object.keys(shape).find((known) => known.toLowerCase() === name.toLowerCase());
  const advice = same
    ? `use '${same}'`
    : (FOREIGN.get(name) ?? `there are ${Object.keys(shape).join(', ')}`);
  return new TypeError(`${owner} has no option '${name}': ${advice}`);
}

/**
 * Those of `given` that `shape` has, for what takes no others.
 * @param {Record<string, unknown>} given
 * @param {Shape} shape
 * @returns {Record<string, unknown>}
 */
export function picked(given, shape) {
  /** @type {Record<string, unknown>} */
  const out = {};
  for (const name in shape) {
    if (given[name] !== undefined) out[name] = given[name];
  }
  return out;
}
