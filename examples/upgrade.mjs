// WebSockets beside a website: the upgrade event of node:http. Run: node examples/upgrade.mjs
import { createServer } from 'node:http';
import { WebSocket } from 'ws4wasm';
import { upgrade } from 'ws4wasm/node';

class Shout extends WebSocket {
  receivedMessage(message) {
    return this.send(message.isText ? message.data.toUpperCase() : message);
  }
}

const server = createServer((_request, response) => response.end('a website\n'));
server.on('upgrade', (request, socket, head) => {
  upgrade(request, socket, head, {
    WebSocket: Shout,
    // Pages of other sites stay out; programs, which send no Origin, may come in.
    origins: 'same',
    verify: ({ url }) => url === '/shout' || { status: 404, body: 'There is only /shout.\n' },
  });
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`ws://127.0.0.1:${server.address().port}/shout`);
});
