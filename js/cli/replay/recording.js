// What passes on a replay's connection, as a pcapng file.
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Recorder } from '../../inspect/node.js';

/** More than this is not kept, in bytes. */
const MAX_SIZE = 64 * 1024 * 1024;

const now = () => performance.timeOrigin + performance.now();

export class Recording {
  #recorder = new Recorder();
  /** @type {Uint8Array[]} */
  #pieces = [];
  #size = 0;
  /** @type {number | undefined} once there is one */
  #connection;
  /** What was written before that: the request, while TCP is still connecting. @type {Buffer[]} */
  #early = [];
  /** Whether all of it is there. */
  whole = true;

  /**
   * How `connect` makes its socket, by TCP or TLS, so that its bytes are noted on this side of TLS.
   * @param {import('node:tls').ConnectionOptions} tls
   */
  connecting(tls) {
    return (/** @type {{ host?: string, port?: number, secure: boolean }} */ to) => {
      const { host = '', port = 0, secure } = to;
      const name = isIP(host) ? {} : { servername: host };
      const socket = secure
        ? connectTls({ host, port, ...name, ALPNProtocols: ['http/1.1'], ...tls })
        : connectTcp({ host, port });
      socket.setNoDelay(true);
      socket.once(secure ? 'secureConnect' : 'connect', () => this.#open(socket));
      return this.#tapped(socket);
    };
  }

  /** The file. */
  take() {
    for (const direction of /** @type {const} */ (['c2s', 's2c'])) {
      this.#note((connection) => this.#recorder.end(connection, direction, 'fin', now()));
    }
    this.#recorder.free();
    return Buffer.concat(this.#pieces);
  }

  /** @param {import('node:net').Socket} socket */
  #open({ localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 }) {
    const { connection, bytes } = this.#recorder.openConnection({
      client: { address: localAddress, port: localPort },
      server: { address: remoteAddress, port: remotePort },
      time: now(),
    });
    this.#connection = connection;
    this.#note(() => this.#recorder.head());
    this.#note(() => bytes);
    for (const chunk of this.#early.splice(0)) this.#data('c2s', chunk);
  }

  /** @param {import('node:net').Socket} socket */
  #tapped(socket) {
    const { push, write } = socket;
    const data = (/** @type {'c2s' | 's2c'} */ direction, /** @type {any} */ chunk) =>
      this.#data(direction, Buffer.from(chunk));
    return Object.assign(socket, {
      push(/** @type {any} */ chunk, /** @type {any} */ encoding) {
        if (chunk) data('s2c', chunk);
        return push.call(this, chunk, encoding);
      },
      write(/** @type {any} */ chunk, /** @type {any[]} */ ...more) {
        data('c2s', chunk);
        return write.call(this, chunk, .../** @type {[any]} */ (more));
      },
    });
  }

  /** @param {'c2s' | 's2c'} direction @param {Buffer} bytes a copy */
  #data(direction, bytes) {
    if (this.#connection === undefined) this.#early.push(bytes);
    else this.#note((connection) => this.#recorder.data(connection, direction, bytes, now()));
  }

  /** @param {(connection: number) => Uint8Array} make */
  #note(make) {
    if (!this.whole || this.#connection === undefined) return;
    const bytes = make(this.#connection);
    this.#size += bytes.length;
    if (this.#size > MAX_SIZE) this.whole = false;
    else this.#pieces.push(bytes);
  }
}
