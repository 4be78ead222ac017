// A server that echoes and a client that hears it, over TCP, with what the imports gave.
import { expected } from './talk.js';

/**
 * @param {typeof import('ws4wasm')} ws4wasm
 * @param {typeof import('ws4wasm/node')} node
 */
export async function echo({ EchoWebSocket }, { connect, createServer }) {
  const server = createServer({ WebSocket: EchoWebSocket, deflate: true });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ws = await connect(`ws://127.0.0.1:${server.address().port}/`);
  const heard = [];
  for (const text of expected) ws.send(text);
  for await (const message of ws) {
    heard.push(message.data);
    if (heard.length === expected.length) ws.close();
  }
  server.close();
  return heard;
}
