// Those options of a connection that it looks at later. The connections of a server have the same
// ones, mostly, and then they share them.

const CLOSE_TIMEOUT = 10_000;
const MAX_BUFFERED = 64 * 1024 * 1024;

/** Options of a connection, which were judged. @typedef {any} Given */

/** @param {Given} given */
const made = ({
  role = 'server',
  closeTimeout = CLOSE_TIMEOUT,
  maxBufferedAmount = MAX_BUFFERED,
  pingInterval,
  pingTimeout,
  idleTimeout,
  autoPong = true,
  concurrentHandlers = false,
  deliverWhileClosing = false,
}) => ({
  role: /** @type {'server' | 'client'} */ (role),
  closeTimeout: /** @type {number} */ (closeTimeout),
  maxBufferedAmount: /** @type {number} */ (maxBufferedAmount),
  // Of keepalive 0 is none.
  pingInterval: pingInterval || undefined,
  pingTimeout: pingTimeout || undefined,
  idleTimeout: idleTimeout || undefined,
  autoPong,
  concurrentHandlers,
  deliverWhileClosing,
});

/** @typedef {Readonly<ReturnType<typeof made>>} Settings */

/** Those that were made last. */
let last = made({});

/**
 * @param {Given} given
 * @returns {Settings}
 */
export function settingsOf(given) {
  const settings = made(given);
  const names = /** @type {(keyof Settings)[]} */ (Object.keys(settings));
  if (names.some((name) => settings[name] !== last[name])) last = settings;
  return last;
}
