// A peer that sends its FIN right behind a message still gets the answer.
import { once } from 'node:events';
import { connect } from 'node:net';
import { EchoWebSocket } from 'ws4wasm';
import { createServer } from 'ws4wasm/node';
import { expected } from './talk.js';

const TIMES = 12;
const request = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');
/** 'hello', masked with zeros. */
const message = Uint8Array.of(0x81, 0x85, 0, 0, 0, 0, 0x68, 0x65, 0x6c, 0x6c, 0x6f);

const server = createServer({ WebSocket: EchoWebSocket }).listen(0, '127.0.0.1');
await once(server, 'listening');
let answered = 0;
for (let i = 0; i < TIMES; i++) {
  const socket = connect({ port: server.address().port, host: '127.0.0.1' });
  let came = '';
  socket.setEncoding('latin1');
  socket.on('data', (more) => {
    came += more;
  });
  socket.on('error', () => {});
  socket.write(request);
  while (!came.includes('\r\n\r\n')) await once(socket, 'data');
  socket.end(message);
  await once(socket, 'close');
  if (came.includes('\x81\x05hello')) answered++;
}
server.close();
console.log(
  JSON.stringify(answered === TIMES ? expected : `${answered} of ${TIMES} were answered`),
);
