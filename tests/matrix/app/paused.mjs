// Over TLS, where a transport may go on reading when it is told to pause: what a connection holds
// is bounded. Either the peer has to wait, and everything comes in the end, or it is told 1011.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'ws4wasm/node';
import { expected } from './talk.js';

const MESSAGES = 512;
const SIZE = 64 * 1024;

let count = 0;
let accepted;
const given = new Promise((resolve) => {
  accepted = resolve;
});
const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(name));
const server = createServer({ key, cert, maxMessageSize: 2 * SIZE }, (ws) => {
  ws.pause();
  ws.addEventListener('message', () => {
    count++;
    if (count === MESSAGES) ws.close();
  });
  accepted(ws);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const ws = await connect(`wss://localhost:${server.address().port}/`, { tls: { ca: cert } });
const peer = await given;
let closed;
ws.addEventListener('close', (event) => {
  closed = event;
});
for (let i = 0; i < MESSAGES; i++) ws.send(new Uint8Array(SIZE)).catch(() => {});

const turn = () => new Promise((resolve) => setTimeout(resolve, 50));
let said = expected;
if ('Deno' in globalThis) {
  // Its TLS reads on, and takes all that is written.
  while (!closed) await turn();
  if (closed.code !== 1011) said = `closed with ${closed.code}`;
} else {
  // Until nothing moves any more.
  let [still, before] = [0, -1];
  while (!closed && still < 20) {
    await turn();
    still = ws.bufferedAmount === before ? still + 1 : 0;
    before = ws.bufferedAmount;
  }
  if (before === 0) said = `a paused connection took ${MESSAGES * SIZE} bytes`;
  peer.resume();
  while (!closed) await turn();
  if (count !== MESSAGES) said = `${count} of ${MESSAGES} messages came, ${closed.code}`;
}
server.close();
console.log(JSON.stringify(said));
