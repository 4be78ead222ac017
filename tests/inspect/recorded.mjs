// Traffic between two ends in this process, recorded on its way, as a capture.
import { Duplex } from 'node:stream';
import { Recorder } from 'ws4wasm/inspect';

/** @typedef {{ way: 'c2s' | 's2c', bytes: Uint8Array }} Piece */

/**
 * A pipe, both of whose ends are streams; what goes through is kept.
 * @param {Piece[]} seen
 */
export function pipe(seen) {
  /** @type {(way: 'c2s' | 's2c', other: () => Duplex) => Duplex} */
  const end = (way, other) =>
    new Duplex({
      read() {},
      write(chunk, _, done) {
        seen.push({ way, bytes: new Uint8Array(chunk) });
        other().push(chunk);
        done();
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  /** @type {Duplex} */
  const client = end('c2s', () => server);
  /** @type {Duplex} */
  const server = end('s2c', () => client);
  return { client, server };
}

/**
 * A capture of what went through.
 * @param {(Piece | { way: 'c2s' | 's2c', gap: number })[]} seen
 */
export function captured(seen) {
  const recorder = new Recorder();
  const time = 1_700_000_000_000;
  const parts = [recorder.head()];
  const opened = recorder.openConnection({
    client: { address: '192.0.2.1', port: 50_000 },
    server: { address: '192.0.2.2', port: 443 },
    time,
  });
  parts.push(opened.bytes);
  for (const [index, piece] of seen.entries()) {
    const at = time + index;
    parts.push(
      'gap' in piece
        ? recorder.gap(opened.connection, piece.way, piece.gap, at)
        : recorder.data(opened.connection, piece.way, piece.bytes, at),
    );
  }
  recorder.free();
  return new Uint8Array(Buffer.concat(parts));
}
