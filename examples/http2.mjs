// Several WebSockets and a website on one HTTP/2 connection (RFC 8441).
// Run: node examples/http2.mjs (in the clear; browsers want createSecureServer with a key).
import { createServer } from 'node:http2';
import { EchoWebSocket } from 'ws4wasm';
import { acceptConnect } from 'ws4wasm/node';

const server = createServer({ settings: { enableConnectProtocol: true } });
server.on('stream', (stream, headers) => {
  if (headers[':method'] === 'CONNECT') {
    acceptConnect(stream, headers, { WebSocket: EchoWebSocket });
  } else {
    stream.respond({ ':status': 200, 'content-type': 'text/plain' });
    stream.end('a website\n');
  }
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
