// Requests as they stand on the wire, and what is answered to them.
import { connect } from 'node:net';
import { until } from './connections.mjs';

/** @param {...string} lines further header lines of a handshake */
export const handshake = (...lines) =>
  [
    'GET /chat HTTP/1.1',
    'Host: example.com',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...lines,
    '\r\n',
  ].join('\r\n');

/**
 * Sends bytes, and gives all that comes back until the server ends, or a 101.
 * @param {number} port
 * @param {string} request
 */
export async function ask(port, request) {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let reply = '';
  let over = false;
  socket.on('data', (text) => {
    reply += text;
  });
  socket.on('close', () => {
    over = true;
  });
  socket.on('error', () => {});
  socket.write(request, 'latin1');
  await until(() => over || (reply.startsWith('HTTP/1.1 101') && reply.endsWith('\r\n\r\n')));
  socket.destroy();
  return reply;
}
