// A client that is no WebSocket library: it writes bytes, right or wrong, and looks at bytes.
import { once } from 'node:events';
import { connect } from 'node:net';
import { PATIENCE } from '../support/tools.mjs';

export const UPGRADE = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: keep-alive, Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');

const KEY = [0x37, 0xfa, 0x21, 0x3d];

/**
 * A masked frame, made by hand.
 * @param {number} first the first byte
 * @param {string | Uint8Array | number[]} [content] of 125 bytes at most
 */
export function frame(first, content = '') {
  const payload = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content);
  const masked = payload.map((byte, i) => byte ^ KEY[i % 4]);
  return Buffer.concat([Buffer.of(first, 0x80 | payload.length, ...KEY), masked]);
}

/**
 * The payload of a close frame.
 * @param {number} code
 */
export const closing = (code, reason = '') =>
  Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]);

/** @param {number} port */
export async function openRaw(port) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error('the server is silent')));
  let received = Buffer.alloc(0);
  let over = false;
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    socket.emit('progress');
  });
  socket.on('end', () => {
    over = true;
    socket.emit('progress');
  });

  /** @param {() => boolean} enough */
  async function until(enough) {
    while (!enough() && !over) await once(socket, 'progress');
  }

  return {
    socket,
    /** @param {string | Uint8Array} bytes */
    write: (bytes) => socket.write(bytes),
    /**
     * The next bytes: this many, or fewer when the server ends.
     * @param {number} count
     */
    read: async (count) => {
      await until(() => received.length >= count);
      const bytes = received.subarray(0, count);
      received = received.subarray(bytes.length);
      return bytes;
    },
    /** All bytes that come before the server ends the connection. */
    rest: async () => {
      await until(() => false);
      const bytes = received;
      received = Buffer.alloc(0);
      socket.end();
      return bytes;
    },
    /** Does the opening handshake, with `more` in the same write. */
    upgrade: async (more = Buffer.alloc(0)) => {
      socket.write(Buffer.concat([Buffer.from(UPGRADE), more]));
      await until(() => received.includes('\r\n\r\n'));
      const end = received.indexOf('\r\n\r\n') + 4;
      const head = received.subarray(0, end).toString('latin1');
      received = received.subarray(end);
      return head;
    },
  };
}
