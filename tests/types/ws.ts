// Code that is written for ws and its types, against those of 'ws4wasm/ws'. It is compiled only.
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket as TheirSocket } from 'ws';
import WebSocket, {
  createWebSocketStream,
  type RawData,
  Server,
  type ServerOptions,
  WebSocketServer,
} from 'ws4wasm/ws';

class Session extends WebSocket {
  isAlive = true;
}

const options: ServerOptions<typeof Session> = {
  noServer: true,
  maxPayload: 1024,
  WebSocket: Session,
  perMessageDeflate: { threshold: 10, zlibDeflateOptions: { level: 3 } },
  verifyClient: ({ origin, secure, req }, callback) => {
    callback(origin !== '' && secure, 401, req.url, { 'Retry-After': 1 });
  },
  handleProtocols: (protocols, request) => (request.url ? [...protocols][0] : false),
};

const wss = new WebSocketServer(options);
wss.on('connection', (ws, request: IncomingMessage) => {
  const alive: boolean = ws.isAlive;
  const address: string | undefined = request.socket.remoteAddress;
  ws.on('error', (error: Error) => console.error(error, alive, address));
  ws.on('pong', function (data) {
    const text: string = data.toString('utf8');
    this.send(text);
  });
  ws.on('message', (data: RawData, isBinary) => {
    for (const client of wss.clients) {
      if (client.readyState === WebSocket.OPEN && client.isAlive) {
        client.send(data, { binary: isBinary, compress: false }, (error) => error?.message);
      }
    }
  });
  ws.once('close', (code: number, reason: Buffer) => console.log(code, reason.toString()));
});
wss.on('headers', (headers, request) => headers.push(`X-Url: ${request.url}`));
wss.on('wsClientError', (error, socket: Duplex) => socket.destroy(error));
wss.close((error) => error?.message);
const address: WebSocket.AddressInfo | string | null = wss.address();

const server = createServer();
server.on('upgrade', (request, socket, head) => {
  wss.handleUpgrade(request, socket, head, (ws) =>
    wss.emit('connection', ws, request, address),
  );
});

const older: WebSocket.Server = new WebSocket.Server({ server }, () => {});
const named = new Server({ port: 0 });
older.on('listening', () => named.clients.size);

const client = new WebSocket('wss://example.com', ['chat'], {
  headers: { Cookie: 'a=b' },
  handshakeTimeout: 1000,
  rejectUnauthorized: false,
  finishRequest: (request, ws) => {
    request.setHeader('X-Url', ws.url);
    request.end();
  },
});
client.binaryType = 'arraybuffer';
client.on('unexpected-response', (request, response) => {
  request.destroy();
  response.resume();
});
client.on('upgrade', (response) => console.log(response.headers['set-cookie']));
client.on('redirect', (url, request) => request.removeHeader(url));
client.onmessage = ({ data, target }) => {
  if (typeof data === 'string') target.send(data);
};
client.addEventListener('close', ({ code, reason, wasClean }) => [code, reason, wasClean], {
  once: true,
});
client.send(new Uint8Array(1));
client.send(5);
client.ping('data', true, () => {});
client.close(1000, Buffer.from('bye'));
createWebSocketStream(client, { encoding: 'utf8' }).pipe(process.stdout);

// What a library asks for that was written with @types/ws.
interface Needs {
  close: TheirSocket['close'];
  terminate: TheirSocket['terminate'];
  ping: TheirSocket['ping'];
  readonly protocol: TheirSocket['protocol'];
  readonly bufferedAmount: TheirSocket['bufferedAmount'];
  pause: TheirSocket['pause'];
}
const needed: Needs = client;
const theirs = client as unknown as TheirSocket;
const ours: WebSocket.RawData = Buffer.alloc(0) satisfies import('ws').RawData;

export { needed, ours, theirs };
