// Captures to replay.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { Recorder } from 'ws4wasm/inspect';
import { frame } from '../support/wire.mjs';

export const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-replay-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const KEY = Buffer.from('wxyz');

/** One thing that was said: '> text' by the client, '< text' by the server, or bytes of a frame. */
/** @typedef {string | { from: 'c2s' | 's2c', bytes: Buffer } | { pause: number }} Line */

/**
 * A capture file of one or more connections.
 * @param {Line[][]} connections
 * @param {{ path?: string, fields?: string }} [request]
 */
export function capture(connections, { path = '/room?x=1', fields = '' } = {}) {
  const recorder = new Recorder();
  const pieces = [recorder.head()];
  let time = 1_700_000_000_000;
  connections.forEach((lines, index) => {
    const client = { address: '192.0.2.1', port: 50_000 + index };
    const server = { address: '192.0.2.2', port: 80 };
    const opened = recorder.openConnection({ client, server, time });
    pieces.push(opened.bytes);
    const say = (
      /** @type {'c2s' | 's2c'} */ from,
      /** @type {Uint8Array | string} */ bytes,
    ) => {
      time += 1;
      pieces.push(recorder.data(opened.connection, from, Buffer.from(bytes), time));
    };
    say(
      'c2s',
      `GET ${path} HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${fields}\r\n`,
    );
    say(
      's2c',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
    for (const line of lines) {
      if (typeof line !== 'string') {
        if ('pause' in line) time += line.pause;
        else say(line.from, line.bytes);
      } else if (line.startsWith('> ')) say('c2s', frame({ payload: line.slice(2), key: KEY }));
      else say('s2c', frame({ payload: line.slice(2) }));
    }
    for (const from of /** @type {const} */ (['c2s', 's2c'])) {
      pieces.push(recorder.end(opened.connection, from, 'fin', time));
    }
  });
  recorder.free();
  const file = join(folder, `${++files}.pcapng`);
  writeFileSync(file, Buffer.concat(pieces));
  return file;
}

/** @param {number} code @param {'c2s' | 's2c'} from @returns {Line} */
export const closeFrame = (code, from) => ({
  from,
  bytes: frame({
    opcode: 8,
    payload: Buffer.of(code >> 8, code & 255),
    key: from === 'c2s' ? KEY : undefined,
  }),
});
