// One TCP connection: an opening handshake, then a WebSocket that echoes; or a plain HTTP
// request and its answer.

import { withoutSecrets } from '../../base/secrets.js';
import {
  HandshakeError,
  PingControlMessage,
  PongControlMessage,
  ServerHandshake,
  Stream,
  WebSocket,
} from '../../entry/node.js';
import { Site } from '../page/site.js';
import { isReplay, REPLAY_SETTINGS, replayChannel } from '../replay/channel.js';
import { answer } from './http.js';

/** In milliseconds. */
const HANDSHAKE_TIMEOUT = 10_000;
const CLOSE_TIMEOUT = 10_000;
/** A peer that is silent for this long is pinged; if it stays silent, it is gone. */
const IDLE_TIMEOUT = 30_000;

/**
 * What the connections of a server share.
 * @typedef {object} Setting
 * @property {import('../page/guard.js').Guard} guard who may connect
 * @property {Site} site the pages
 * @property {import('../page/live.js').Live} live what the inspector's pages see
 * @property {import('../replay/destinations.js').Destinations} destinations where they may replay to
 */

export class Connection {
  #socket;
  #setting;
  #log;
  /** The bytes of the request so far: whether anybody wants to see them, it will tell. */
  #head = Buffer.alloc(0);
  /** @type {ReturnType<import('../page/live.js').Live['open']> | undefined} */
  #tap;
  #handshake = new ServerHandshake();
  /** @type {Stream | undefined} once the handshake is done */
  #stream;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #closeSent = false;
  #pinged = false;
  /** Nothing that still arrives is looked at. */
  #over = false;

  /**
   * @param {import('node:net').Socket} socket
   * @param {Setting} setting
   * @param {import('./log.js').Log} log
   */
  constructor(socket, setting, log) {
    this.#socket = socket;
    this.#setting = setting;
    this.#log = log;
    this.#deadline(HANDSHAKE_TIMEOUT, 'no whole request came in time');
    // Frames are small and each is wanted at once.
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('drain', () => socket.resume());
    socket.on('timeout', () => this.#idle());
    // A peer that only reads on may still get its answer.
    socket.on('end', () => {
      this.#tap?.end('c2s');
      if (!this.#over) socket.end();
    });
    // 'close' follows and tidies up.
    socket.on('error', (error) => log.problem(error.message));
    socket.on('close', () => this.#gone());
  }

  /**
   * Says goodbye; who has not been greeted is dropped.
   * @param {number} code
   * @param {string} reason
   */
  close(code, reason) {
    if (this.#over || this.#closeSent) return;
    if (this.#stream) this.#close(this.#stream, code, reason);
    else this.closeConnection();
  }

  closeConnection() {
    this.#socket.destroy();
  }

  /** @param {Buffer} bytes */
  #receive(bytes) {
    this.#tap?.data('c2s', bytes);
    if (this.#over) return;
    if (this.#stream) this.#converse(this.#stream, bytes);
    else this.#greet(bytes);
  }

  /** @param {Buffer} bytes */
  #greet(bytes) {
    this.#head = Buffer.concat([this.#head, bytes]);
    let result;
    try {
      const request = this.#handshake.readRequest(bytes);
      if (!request) return;
      if (Site.isFeed(request.url)) {
        const { live } = this.#setting;
        this.#visit(request, 'an inspector watches', live.connection, (ws) => live.watch(ws));
        return;
      }
      if (isReplay(request.url)) {
        const { destinations } = this.#setting;
        this.#visit(request, 'an inspector may replay', REPLAY_SETTINGS, (ws) =>
          replayChannel(ws, destinations),
        );
        return;
      }
      const foreign = this.#setting.guard.refusesSocket({
        host: request.headers.get('host') ?? '',
        origin: request.headers.get('origin') ?? '',
      });
      if (foreign) {
        this.#reject(request, 403, `${foreign}\n`);
        return;
      }
      result = this.#handshake.accept(request);
    } catch (error) {
      if (!(error instanceof HandshakeError)) throw error;
      this.#refuse(error);
      return;
    }
    clearTimeout(this.#timer);
    this.#log.note(`open ${withoutSecrets(result.request.url)}`);
    this.#socket.setTimeout(IDLE_TIMEOUT);
    this.#show();
    this.#write(result.reply);
    this.#stream = new Stream({ role: 'server', frames: true });
    this.#converse(this.#stream, result.rest);
  }

  /** From here on the inspector's pages see this connection. */
  #show() {
    const { remoteAddress, remotePort, localAddress, localPort } = this.#socket;
    this.#tap = this.#setting.live.open({
      client: `${remoteAddress}:${remotePort}`,
      server: `${localAddress}:${localPort}`,
    });
    this.#tap.data('c2s', this.#head);
  }

  /**
   * A page of the inspector: what it is here for is no conversation to be shown.
   * @param {import('../../index.js').HandshakeRequest} request
   * @param {string} why
   * @param {import('../../index.js').WebSocketOptions} settings
   * @param {(ws: WebSocket) => void} talk
   */
  #visit(request, why, settings, talk) {
    clearTimeout(this.#timer);
    const verdict = this.#setting.site.mayWatch(request);
    if (verdict !== true) {
      this.#reject(request, verdict.status, verdict.body);
      return;
    }
    const { reply, rest } = this.#handshake.accept(request);
    const socket = this.#socket;
    for (const event of ['data', 'drain', 'end']) socket.removeAllListeners(event);
    this.#over = true;
    this.#log.note(why);
    socket.write(reply);
    const ws = new WebSocket(socket, { ...settings, role: 'server', head: rest });
    talk(ws);
    ws.run();
  }

  /**
   * An answer that opens nothing.
   * @param {import('../../index.js').HandshakeRequest} request
   * @param {number} status
   * @param {string} body
   */
  #reject({ url }, status, body) {
    clearTimeout(this.#timer);
    this.#log.problem(`${withoutSecrets(url)} ${status} ${body.trim()}`);
    this.#socket.end(ServerHandshake.reject(status, { body }));
    this.#end();
  }

  /**
   * What is no WebSocket handshake may be a plain request for the page.
   * @param {HandshakeError} error
   */
  async #refuse(error) {
    this.#over = true;
    clearTimeout(this.#timer);
    // It may wait for the page to be built, and that is not the peer's fault.
    const page = await answer(error, this.#setting.site);
    if (this.#socket.destroyed) return;
    this.#end();
    const { method, url } = error.request ?? { method: '', url: 'not HTTP' };
    const said = page?.status ?? `${error.status} ${error.message}`;
    this.#log.note(`${method} ${withoutSecrets(url)} ${said}`);
    const reply = page?.bytes ?? error.reply;
    // A request for a page is no conversation; a WebSocket that was refused is one.
    if (!page && error.request) {
      this.#show();
      if (reply) this.#tap?.data('s2c', reply);
    }
    this.#socket.end(reply ?? '');
  }

  /**
   * @param {Stream} stream
   * @param {Uint8Array} bytes
   */
  #converse(stream, bytes) {
    this.#pinged = false;
    // All that these bytes cause goes out in one write.
    this.#socket.cork();
    for (const event of stream.receive(bytes)) {
      if (event.type === 'frame') {
        this.#log.frame(event);
      } else if (event.type === 'error') {
        this.#log.problem(`${event.error.code} ${event.error.message}`);
        if (!this.#closeSent) this.#send(event.close);
        this.#closeSent = true;
        this.#finish();
      } else if (event.type !== 'fragment') {
        this.#log.message(event);
        this.#reply(stream, event);
      }
    }
    this.#socket.uncork();
  }

  /**
   * @param {Stream} stream
   * @param {import('../../index.js').MessageEvent} message
   */
  #reply(stream, message) {
    if (message.type === 'close') {
      const { code, reason } = message;
      // 1005 stands for a close without a code, and gets one without a code.
      if (!this.#closeSent) this.#close(stream, code === 1005 ? null : code, reason);
      this.#finish();
    } else if (this.#closeSent) {
      // RFC 6455 section 5.5.1: no more data after a close frame.
    } else if (message.type === 'ping') {
      this.#send(new PongControlMessage(message.data));
    } else if (message.type !== 'pong') {
      this.#send(message);
    }
  }

  /**
   * @param {Stream} stream
   * @param {number | null} code
   * @param {string} reason
   */
  #close(stream, code, reason) {
    this.#send(stream.close(code, reason));
    this.#closeSent = true;
    this.#deadline(CLOSE_TIMEOUT, 'the peer did not answer our close in time');
  }

  /** @param {import('../../index.js').Message} message */
  #send(message) {
    this.#log.sent(message);
    // A peer that does not read is not read either, until 'drain'.
    if (!this.#write(message.single())) this.#socket.pause();
  }

  /** @param {Uint8Array} bytes */
  #write(bytes) {
    this.#tap?.data('s2c', bytes);
    return this.#socket.write(bytes);
  }

  /** The server ends the TCP connection first (RFC 6455 section 7.1.1). */
  #finish() {
    this.#end();
    this.#tap?.end('s2c');
    this.#socket.end();
  }

  /**
   * What still comes is thrown away unread: closing with it unread would make the system
   * send a reset, which can overtake our last bytes.
   */
  #end() {
    this.#over = true;
    this.#deadline(CLOSE_TIMEOUT, 'the peer did not end the connection in time');
  }

  #idle() {
    if (this.#pinged || this.#closeSent || !this.#stream) {
      this.#log.problem('the peer is silent');
      this.closeConnection();
      return;
    }
    this.#pinged = true;
    this.#send(new PingControlMessage());
  }

  /**
   * @param {number} time
   * @param {string} problem
   */
  #deadline(time, problem) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#log.problem(problem);
      this.closeConnection();
    }, time);
  }

  #gone() {
    clearTimeout(this.#timer);
    this.#over = true;
    this.#handshake.free();
    this.#tap?.close(this.#closeSent || !this.#stream ? '' : 'gone without a close');
    if (this.#stream) this.#log.note(this.#closeSent ? 'closed' : 'gone without a close');
    this.#stream?.free();
  }
}
