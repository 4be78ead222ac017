import type { AddressInfo } from 'node:net';
import { EchoWebSocket } from 'ws4wasm';
import { connect, createServer } from 'ws4wasm/node';

const texts: string[] = JSON.parse(String(process.env.TEXTS));
const server = createServer({ WebSocket: EchoWebSocket, deflate: true });
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address() as AddressInfo;
  const ws = await connect(`ws://127.0.0.1:${port}/`);
  const heard: unknown[] = [];
  for (const text of texts) ws.send(text);
  for await (const message of ws) {
    heard.push(message.data);
    if (heard.length === texts.length) ws.close();
  }
  server.close();
  console.log(JSON.stringify(heard));
});
