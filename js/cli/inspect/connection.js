// One connection through the proxy: a client's request, a connection to the target, and bytes
// both ways as they are.
import { STATUS_CODES } from 'node:http';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { withoutSecrets } from '../../base/secrets.js';
import { Course } from '../act/course.js';
import { bracketed as withBrackets } from '../base/listening.js';
import { explained } from '../connect/errors.js';
import {
  claimOf,
  headEnd,
  MAX_HEAD,
  pathOf,
  readdressed,
  wantsWebSocket,
  withoutExtensions,
} from './request.js';

/** In milliseconds. */
const HEAD_TIMEOUT = 10_000;

/** @typedef {import('../page/live.js').Direction} Direction */
/** @typedef {import('node:net').Socket} Socket */

/**
 * Where what passes is noted.
 * @typedef {object} Tap
 * @property {number} [number] by which the pages know it
 * @property {(direction: Direction, bytes: Uint8Array) => void} data
 * @property {(direction: Direction) => void} end
 * @property {(reason?: string, from?: Direction) => void} close
 */

/**
 * @typedef {object} Setting
 * @property {URL} target
 * @property {number} timeout for the connection to the target, in milliseconds
 * @property {import('node:tls').ConnectionOptions} tls
 * @property {(socket: Socket) => Tap} open a tap for a client
 * @property {() => Promise<void>} ready resolves when more may be noted
 * @property {import('../page/guard.js').Guard} guard who may connect
 * @property {import('../act/acts.js').Acts} acts what is done with messages on their way
 * @property {boolean} compress whether clients may offer compression
 */

/** @typedef {{ note: (text: string) => void, problem: (text: string) => void }} Log */

export class Connection {
  #client;
  #setting;
  #log;
  /** @type {Socket | undefined} to the target */
  #server;
  /** @type {Tap | undefined} */
  #tap;
  /** @type {import('../act/acts.js').Subject | undefined} */
  #subject;
  #head = Buffer.alloc(0);
  #timer;
  #passed = { c2s: 0, s2c: 0 };
  #ended = { c2s: false, s2c: false };
  #broken = false;

  /**
   * @param {Socket} client
   * @param {Setting} setting
   * @param {Log} log
   */
  constructor(client, setting, log) {
    this.#client = client;
    this.#setting = setting;
    this.#log = log;
    client.setNoDelay(true);
    this.#timer = setTimeout(
      () => this.#answer(408, 'No whole request came in time.'),
      HEAD_TIMEOUT,
    );
    client.on('data', this.#greet);
    client.on('error', (error) => this.#breaks('c2s', error));
    client.on('close', () => {
      clearTimeout(this.#timer);
      if (!this.#server) this.#over();
      else this.#server.destroySoon();
    });
  }

  destroy() {
    this.#client.destroy();
    this.#server?.destroy();
  }

  /** @param {Buffer} bytes */
  #greet = (bytes) => {
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = headEnd(this.#head);
    if (end === undefined) {
      if (this.#head.length > MAX_HEAD)
        this.#answer(431, 'The head of the request is too long.');
      return;
    }
    clearTimeout(this.#timer);
    const head = this.#head.toString('latin1', 0, end);
    // Our own Host takes the place of the client's, so the target could not tell a foreign page.
    const foreign = this.#setting.guard.refusesSocket(claimOf(head));
    if (foreign) {
      this.#answer(403, foreign);
      return;
    }
    if (!wantsWebSocket(head)) {
      this.#answer(
        426,
        'This is a proxy for WebSockets, and this request asks for none. The address of the page that shows what passes was printed where the proxy was started.',
      );
      return;
    }
    this.#client.off('data', this.#greet).pause();
    this.#tap = this.#setting.open(this.#client);
    this.#tap.data('c2s', this.#head.subarray(0, end));
    this.#log.note(`open ${withoutSecrets(pathOf(head))}`);
    this.#reach(head, this.#head.subarray(end));
  };

  /**
   * @param {string} head
   * @param {Buffer} rest what came behind it
   */
  #reach(head, rest) {
    const { target, timeout, tls } = this.#setting;
    const secure = target.protocol === 'wss:';
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const where = {
      host,
      port: Number(target.port || (secure ? 443 : 80)),
      allowHalfOpen: true,
    };
    const name = isIP(host) ? {} : { servername: host };
    const server = secure
      ? connectTls({ ...where, ...name, ALPNProtocols: ['http/1.1'], ...tls })
      : connectTcp(where);
    this.#server = server;
    server.setNoDelay(true);
    const late = setTimeout(() => {
      this.#unreachable(504, `${target.host} did not answer in ${timeout / 1000} s.`);
    }, timeout);
    /** @param {Error} error */
    const failed = (error) => this.#unreachable(502, explained(error, target.href).message);
    server.once('error', failed);
    server.once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(late);
      server.off('error', failed).on('error', (error) => this.#breaks('s2c', error));
      // It went away meanwhile: nothing would end this side any more.
      if (this.#client.destroyed) {
        server.destroy();
        return;
      }
      const { acts, compress } = this.#setting;
      const offered = compress && !acts.active ? head : withoutExtensions(head);
      server.write(Buffer.from(readdressed(offered, target), 'latin1'));
      this.#passed.c2s += head.length;
      const { c2s, s2c } = this.#courses(head);
      if (rest.length) c2s.write(rest);
      this.#client.pipe(c2s).pipe(server);
      server.pipe(s2c).pipe(this.#client);
    });
    server.on('close', () => {
      clearTimeout(late);
      this.#client.destroySoon();
      this.#over();
    });
  }

  /**
   * The way through, in both directions.
   * @param {string} head of the request
   */
  #courses(head) {
    const { acts, ready } = this.#setting;
    /** @type {import('../act/acts.js').Subject['heads']} */
    const heads = { c2s: Buffer.from(head, 'latin1') };
    /** @type {import('../act/acts.js').Subject} */
    const subject = {
      number: this.#tap?.number ?? 0,
      client: bracketed(this.#client.remoteAddress ?? '', this.#client.remotePort),
      path: pathOf(head),
      heads,
      courses: /** @type {any} */ (undefined),
      cut: (how) => this.#cut(how),
      note: (text) => this.#log.note(text),
    };
    const decider = acts.deciderFor(subject);
    const course = (/** @type {Direction} */ direction) =>
      new Course(direction, {
        decider,
        ready,
        note: (bytes) => {
          this.#passed[direction] += bytes.length;
          this.#tap?.data(direction, bytes);
        },
        answered: (answer) => {
          heads.s2c = Buffer.from(answer);
          acts.add(subject);
        },
      }).on('end', () => {
        this.#ended[direction] = true;
        this.#tap?.end(direction);
      });
    subject.courses = { c2s: course('c2s'), s2c: course('s2c') };
    this.#subject = subject;
    return subject.courses;
  }

  /** @param {'reset' | 'end'} how */
  #cut(how) {
    this.#log.problem(`cut (${how})`);
    const sides = [this.#client, this.#server];
    if (how === 'reset') for (const side of sides) reset(side);
    else for (const side of sides) side?.destroySoon();
  }

  /**
   * @param {number} status
   * @param {string} why
   */
  #unreachable(status, why) {
    this.#answer(status, why);
    this.#server?.destroy();
  }

  /**
   * An answer of our own, and the end.
   * @param {number} status
   * @param {string} why
   */
  #answer(status, why) {
    clearTimeout(this.#timer);
    this.#log.problem(`${status} ${why}`);
    const body = Buffer.from(`${why}\n`);
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${body.length}`,
      // RFC 9110 section 15.5.22: it says to what.
      ...(status === 426
        ? ['Upgrade: websocket', 'Connection: Upgrade, close']
        : ['Connection: close']),
    ];
    const reply = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
    this.#tap?.data('s2c', reply);
    this.#tap?.end('s2c');
    this.#ended = { c2s: true, s2c: true };
    this.#client.off('data', this.#greet);
    // What still comes is thrown away: left unread it would make the system send a reset.
    this.#client.resume();
    this.#client.end(reply);
    this.#client.setTimeout(HEAD_TIMEOUT, () => this.#client.destroy());
  }

  /**
   * One side's connection broke, so the other's is broken.
   * @param {Direction} from
   * @param {Error} error
   */
  #breaks(from, error) {
    if (this.#broken) return;
    this.#broken = true;
    if (this.#tap) {
      this.#log.problem(`${from === 'c2s' ? 'the client' : 'the server'}: ${error.message}`);
      this.#tap.close('reset', from);
      this.#tap = undefined;
    }
    const other = from === 'c2s' ? this.#server : this.#client;
    // Only TCP knows a reset. Where there is no connection yet, or its end is on its way, the
    // system refuses one, and the socket would stay for ever.
    if (other?.connecting || other?.writableEnded) other.destroy();
    else reset(other);
  }

  #over() {
    if (this.#subject) {
      const { courses } = this.#subject;
      this.#setting.acts.delete(this.#subject);
      for (const course of [courses.c2s, courses.s2c]) course.destroy();
    }
    if (!this.#tap) return;
    const { c2s, s2c } = this.#passed;
    const whole = this.#ended.c2s && this.#ended.s2c;
    this.#tap.close(whole ? '' : 'broken off', this.#ended.c2s ? 's2c' : 'c2s');
    this.#tap = undefined;
    this.#log.note(`closed, ${c2s} B there, ${s2c} B back`);
  }
}

/** Only TCP has a reset; in TLS the connection ends without its close_notify. @param {Socket} [socket] */
function reset(socket) {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
}

/** @param {string} address @param {number} [port] */
const bracketed = (address, port = 0) =>
  `${withBrackets(address.replace(/^::ffff:(?=\d+\.)/, ''))}:${port}`;
