// An echo server on raw sockets, in one line of code. Run: node examples/echo.mjs
import { EchoWebSocket } from 'ws4wasm';
import { createServer } from 'ws4wasm/node';

const server = createServer({ WebSocket: EchoWebSocket });
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`ws://127.0.0.1:${server.address().port}`);
});
