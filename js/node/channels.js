// What tracing libraries may subscribe to, instead of patching functions: see docs/operations.md.
import { channel } from 'node:diagnostics_channel';
import { whenEnded } from '../connection/websocket.js';

const opened = channel('ws4wasm.opened');
const closed = channel('ws4wasm.closed');
const refused = channel('ws4wasm.refused');

/**
 * A connection has been opened, and may be told of when it ends.
 * @param {import('../connection/websocket.js').WebSocket} ws
 * @param {object} details
 */
export function publishOpened(ws, details) {
  if (opened.hasSubscribers) opened.publish({ ws, ...details });
  if (!closed.hasSubscribers) return;
  whenEnded(ws, publishClosed, details);
}

/**
 * @param {import('../connection/websocket.js').WebSocket} ws
 * @param {object} details
 */
function publishClosed(ws, details) {
  const { closeCode: code, closeReason: reason } = ws;
  closed.publish({ ws, ...details, code, reason });
}

/** @param {() => object} details */
export function publishRefused(details) {
  if (refused.hasSubscribers) refused.publish(details());
}
