// Connections that say nothing, for idle.mjs: `process.argv[2]` is the port; each number that comes
// from the parent is how many more to open.
import { once } from 'node:events';
import { connect } from 'node:net';

const REQUEST = `GET / HTTP/1.1\r
Host: localhost\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
Sec-WebSocket-Version: 13\r
\r
`;

const port = Number(process.argv[2]);
const open = [];

process.on('message', async (/** @type {number} */ more) => {
  for (let i = 0; i < more; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.write(REQUEST);
    await once(socket, 'data');
    open.push(socket);
  }
  process.send?.(open.length);
});
