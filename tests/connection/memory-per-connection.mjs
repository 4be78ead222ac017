// What an idle server connection costs in memory, beside its socket: ws4wasm next to ws.
//
//   node tests/connection/memory-per-connection.mjs [connections]
//
// Each is measured in a process of its own, over Duplexes in memory so that neither file
// descriptors nor the kernel's buffers come into it. The same Duplexes without a WebSocket
// are measured too and taken off.
import { pathToFileURL } from 'node:url';
import { inChild } from '../support/child.mjs';

/** @param {'ws4wasm' | 'ws4wasm/ws' | 'ws' | 'nothing'} kind */
function bytes(kind, count = 10_000) {
  return inChild(
    async (gauge, /** @type {string} */ kind, /** @type {number} */ count) => {
      const { Duplex } = await import('node:stream');
      const { WebSocket } = await import('ws4wasm');
      const { createServer } = await import('ws4wasm/node');
      const { WebSocketServer } = await import('ws');
      const { EventEmitter } = await import('node:events');
      const request =
        'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
      class Sock extends Duplex {
        setTimeout() {}
        setNoDelay() {}
        _read() {}
        /** @param {any} _chunk @param {any} _encoding @param {() => void} taken */
        _write(_chunk, _encoding, taken) {
          taken();
        }
      }
      class Echo extends WebSocket {
        /** @param {any} message */
        receivedMessage(message) {
          return this.send(message);
        }
      }
      /** @type {any[]} */
      const all = [];
      const own = createServer({ WebSocket: Echo }, (ws) => void all.push(ws));
      const { WebSocketServer: InPlace } = await import('ws4wasm/ws');
      const Server = /** @type {any} */ (kind === 'ws' ? WebSocketServer : InPlace);
      const theirs = new Server({ noServer: true, perMessageDeflate: false });
      const headers = {
        host: 'x',
        upgrade: 'websocket',
        connection: 'Upgrade',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
      };
      const open = () => {
        const sock = new Sock();
        if (kind === 'ws4wasm') {
          own.emit('connection', sock);
          sock.push(request);
        } else if (kind !== 'nothing') {
          // What Node's http hands over is garbage afterwards.
          const message = Object.assign(new EventEmitter(), {
            method: 'GET',
            url: '/',
            headers,
          });
          theirs.handleUpgrade(message, sock, Buffer.alloc(0), (/** @type {any} */ ws) => {
            ws.on('message', (/** @type {any} */ data, /** @type {boolean} */ isBinary) =>
              ws.send(data, { binary: isBinary }),
            );
            all.push(ws);
          });
        } else {
          sock.on('data', () => {});
          sock.on('end', () => {});
          sock.on('error', () => {});
          sock.on('close', () => {});
          all.push(sock);
        }
      };
      const opened = async (/** @type {number} */ wanted) => {
        for (let i = all.length; i < wanted; i++) open();
        while (all.length < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
      };
      await opened(500);
      const before = await gauge.held();
      await opened(500 + count);
      const after = await gauge.held();
      return (after - before) / count;
    },
    kind,
    count,
  );
}

/** @param {'ws4wasm' | 'ws4wasm/ws' | 'ws'} kind */
export function measure(kind, count = 10_000) {
  return Math.round(bytes(kind, count) - bytes('nothing', count));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const count = Number(process.argv[2] ?? 10_000);
  console.log(`bytes an idle connection holds, mean of ${count}, its Duplex taken off`);
  for (const kind of /** @type {const} */ (['ws4wasm', 'ws4wasm/ws', 'ws'])) {
    console.log(kind.padEnd(10), String(measure(kind, count)).padStart(7));
  }
}
