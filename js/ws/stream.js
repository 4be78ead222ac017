// A Duplex of Node's over a WebSocket, as ws has it.
import { Duplex } from 'node:stream';
import { CLOSED, CONNECTING } from './states.js';

/** The last of several that are sent together fails with them. */
const ignore = () => {};

/**
 * @param {import('./websocket.js').WebSocket} ws
 * @param {import('node:stream').DuplexOptions} [options]
 */
export function createWebSocketStream(ws, options) {
  // When the connection failed it closes by itself, and the peer is told why.
  let terminates = true;
  const duplex = new Duplex({
    ...options,
    autoDestroy: false,
    emitClose: false,
    objectMode: false,
    writableObjectMode: false,

    read() {
      if (ws.isPaused) ws.resume();
    },

    write(chunk, _encoding, callback) {
      whenOpen(ws, () => ws.send(chunk, callback));
    },

    // What waited together leaves together, or a stream that is destroyed soon after loses it.
    writev(chunks, callback) {
      whenOpen(ws, () => {
        const last = chunks.length - 1;
        for (const { chunk } of chunks.slice(0, last)) ws.send(chunk, ignore);
        ws.send(chunks[last].chunk, callback);
      });
    },

    final(callback) {
      whenOpen(ws, () => {
        const socket = ws._socket;
        // The handshake has failed, and the error is told of.
        if (socket === null) return;
        if (socket.writableFinished) {
          callback();
          if (duplex.readableEnded) duplex.destroy();
          return;
        }
        socket.once('finish', () => callback());
        ws.close();
      });
    },

    destroy(error, callback) {
      const closed = (/** @type {Error | null} */ reason) => {
        callback(reason);
        process.nextTick(() => duplex.emit('close'));
      };
      if (ws.readyState === CLOSED) {
        closed(error);
        return;
      }
      let reason = error;
      ws.once('error', (/** @type {Error} */ late) => {
        reason = late;
      });
      ws.once('close', () => closed(reason));
      if (terminates) ws.terminate();
    },
  });

  ws.on('message', (/** @type {any} */ data, /** @type {boolean} */ isBinary) => {
    const text = !isBinary && duplex.readableObjectMode;
    if (!duplex.push(text ? data.toString() : data)) ws.pause();
  });
  ws.once('error', (/** @type {Error} */ error) => {
    if (duplex.destroyed) return;
    terminates = false;
    duplex.destroy(error);
  });
  ws.once('close', () => {
    if (!duplex.destroyed) duplex.push(null);
  });
  duplex.on('end', () => {
    if (!duplex.destroyed && duplex.writableFinished) duplex.destroy();
  });
  duplex.on('error', function failed(error) {
    duplex.removeListener('error', failed);
    duplex.destroy();
    // This listener is not to be one that makes an error harmless.
    if (duplex.listenerCount('error') === 0) duplex.emit('error', error);
  });
  return duplex;
}

/**
 * @param {import('./websocket.js').WebSocket} ws
 * @param {() => void} f
 */
function whenOpen(ws, f) {
  if (ws.readyState === CONNECTING) ws.once('open', f);
  else f();
}
