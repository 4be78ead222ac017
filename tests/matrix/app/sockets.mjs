// An echo over TCP: what is expected of `talk` says the message, and hears it.
import { once } from 'node:events';
import { EchoWebSocket } from 'ws4wasm';
import { connect, createServer } from 'ws4wasm/node';
import { expected } from './talk.js';

const server = createServer({ WebSocket: EchoWebSocket, deflate: true }).listen(0, '127.0.0.1');
await once(server, 'listening');
const ws = await connect(`ws://127.0.0.1:${server.address().port}/`);
const heard = [];
for (const text of expected) ws.send(text);
for await (const message of ws) {
  heard.push(message.data);
  if (heard.length === expected.length) ws.close();
}
server.close();
console.log(JSON.stringify(heard));
