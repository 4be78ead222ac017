// What ws calls its options, and what of the connection does the same. Options that ws does not know
// go to http.request there, and are left alone: none can be an error here.
import { ownsBytes } from '../node/arrival.js';

/** Of a server and of a client, where nothing else is said. */
export const DEFAULTS = {
  allowSynchronousEvents: true,
  autoPong: true,
  closeTimeout: 30_000,
  maxBufferedChunks: 256 * 1024,
  maxFragments: 16 * 1024,
  maxPayload: 100 * 1024 * 1024,
  skipUTF8Validation: false,
};

/** Of a client. */
export const CLIENT_DEFAULTS = {
  ...DEFAULTS,
  followRedirects: false,
  maxRedirects: 10,
  perMessageDeflate: true,
  protocolVersion: 13,
};

/** A limit of ws's: an integer of 32 bits, and 0 for none. @param {any} value */
const limit = (value) => value | 0 || Infinity;

/** ws compresses no shorter ones where each message stands alone. */
const THRESHOLD = 1024;

/**
 * Of permessage-deflate, what a handshake offers or accepts.
 * @param {any} given `perMessageDeflate`
 * @returns {import('../index.js').DeflateOptions | boolean}
 */
export function deflateOffer(given) {
  if (!given) return false;
  const { serverNoContextTakeover, clientNoContextTakeover } = given;
  const { serverMaxWindowBits, clientMaxWindowBits } = given;
  return {
    serverNoContextTakeover: serverNoContextTakeover === true,
    clientNoContextTakeover: clientNoContextTakeover === true,
    ...(typeof serverMaxWindowBits === 'number' ? { serverMaxWindowBits } : {}),
    ...(typeof clientMaxWindowBits === 'number' ? { clientMaxWindowBits } : {}),
  };
}

/**
 * What was agreed on, with what only this side has to know.
 * @param {any} given `perMessageDeflate`
 * @param {import('../index.js').DeflateParameters | undefined} agreed
 * @param {'server' | 'client'} role
 */
function deflate(given, agreed, role) {
  if (!agreed) return false;
  const { zlibDeflateOptions: { level, memLevel } = /** @type {any} */ ({}), threshold } =
    given === true ? {} : given;
  const alone =
    role === 'server' ? agreed.serverNoContextTakeover : agreed.clientNoContextTakeover;
  return {
    ...agreed,
    ...(level >= 0 ? { level } : {}),
    ...(memLevel > 0 ? { memLevel } : {}),
    // ws looks at the length only there.
    ...(alone ? { threshold: threshold ?? THRESHOLD } : {}),
  };
}

/**
 * Options of the connection.
 * @param {any} options ws's
 * @param {any} socket
 * @param {'server' | 'client'} role
 * @param {import('../index.js').DeflateParameters | undefined} agreed
 */
export function connectionOptions(options, socket, role, agreed) {
  return {
    role,
    text: 'bytes',
    ownsInput: ownsBytes(socket),
    deliverWhileClosing: true,
    concurrentHandlers: options.allowSynchronousEvents,
    autoPong: options.autoPong,
    closeTimeout: options.closeTimeout,
    maxMessageSize: limit(options.maxPayload),
    maxFragments: limit(options.maxFragments),
    // The program looks at bufferedAmount, as with ws.
    maxBufferedAmount: Infinity,
    deflate: deflate(options.perMessageDeflate, agreed, role),
  };
}
