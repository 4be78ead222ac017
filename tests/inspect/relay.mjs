// A relay in front of a server of any kind: what passes goes into a capture.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Recorder } from 'ws4wasm/inspect';

/** @typedef {{ port: number, captures: () => Buffer[], ended: () => Promise<unknown>, stop: () => void }} Relay */

/**
 * @param {number | string} target the server's port or its path
 * @param {number} [port] the server's in the capture; by default one that says nothing
 * @returns {Promise<Relay>}
 */
export async function relay(target, port = 50_001) {
  const recorder = new Recorder();
  const pieces = [recorder.head()];
  let last = 0;
  /** No two pieces have the same time. */
  const now = () => {
    last = Math.max(Date.now(), last + 0.001);
    return last;
  };
  const server = createServer((near) => {
    const far = typeof target === 'string' ? connect(target) : connect(target, '127.0.0.1');
    const ends = {
      client: { address: '10.0.0.1', port: near.remotePort ?? 1 },
      server: { address: '10.0.0.2', port },
    };
    const opened = recorder.openConnection({ ...ends, time: now() });
    pieces.push(opened.bytes);
    const pass = (
      /** @type {import('node:net').Socket} */ from,
      /** @type {import('node:net').Socket} */ to,
      /** @type {'c2s' | 's2c'} */ way,
    ) => {
      from.on('data', (bytes) => {
        pieces.push(recorder.data(opened.connection, way, bytes, now()));
        to.write(bytes);
      });
      from.on('end', () => {
        pieces.push(recorder.end(opened.connection, way, 'fin', now()));
        to.end();
      });
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroySoon());
    };
    pass(near, far, 'c2s');
    pass(far, near, 's2c');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    /** Where clients connect to. */
    port: address.port,
    /** From the SYN on, and as a capture that began later: without the packets that open it. */
    captures() {
      const late = pieces.slice();
      late[1] = new Uint8Array();
      return [Buffer.concat(pieces), Buffer.concat(late)];
    },
    /** Takes no more connections, and waits for the end of those that there are. */
    ended: () => new Promise((resolve) => server.close(resolve)),
    stop: () => void server.close(),
  };
}
