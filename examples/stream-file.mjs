// Sends a large file as one message without ever holding more than a few pieces of it, to a
// server that takes the pieces as they come. Run: node examples/stream-file.mjs FILE
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { WebSocket } from 'ws4wasm';
import { connect, createServer } from 'ws4wasm/node';

class Receiver extends WebSocket {
  #hash = createHash('sha256');
  #length = 0;

  receivedFragment({ data, last }) {
    this.#hash.update(data);
    this.#length += data.length;
    if (last) return this.send(`${this.#length} bytes, sha256 ${this.#hash.digest('hex')}`);
  }
}

const [file = process.execPath] = process.argv.slice(2);
// Pieces instead of messages; and no limit, since nothing is kept.
const options = { WebSocket: Receiver, partial: true };
const server = createServer({ ...options, maxMessageSize: Infinity, maxFragments: Infinity });
server.listen(0, '127.0.0.1', async () => {
  const ws = await connect(`ws://127.0.0.1:${server.address().port}`);
  // An iterable is one message; each of its items is a fragment.
  ws.send(createReadStream(file));
  for await (const { data } of ws) {
    console.log(data);
    ws.close();
  }
  server.close();
});
