// One WebSocket through the proxy: a client's request, a connection to the target, and bytes both
// ways as they are.
import { TLSSocket } from 'node:tls';
import { withoutSecrets } from '../../base/secrets.js';
import { Course } from '../act/course.js';
import { bracketed as withBrackets } from '../base/listening.js';
import { replyOf, sayGoodbye } from './reply.js';
import {
  claimOf,
  pathOf,
  readdressed,
  withoutExtensions,
  withoutOwnCookies,
} from './request.js';

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
 * What the connections of a proxy share.
 * @typedef {object} Setting
 * @property {import('./targets.js').Targets} targets
 * @property {(socket: Socket) => Tap} open a tap for a client
 * @property {() => Promise<void> | undefined} ready resolves when more may be noted; undefined at once
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
  #passed = { c2s: 0, s2c: 0 };
  #ended = { c2s: false, s2c: false };
  #broken = false;
  /** What is on its way to the target is not wanted any more. */
  #gone = new AbortController();

  /**
   * @param {Socket} client
   * @param {{ head: string, rest: Buffer }} request and what came behind it
   * @param {Setting} setting
   * @param {Log} log
   */
  constructor(client, request, setting, log) {
    this.#client = client;
    this.#setting = setting;
    this.#log = log;
    client.setNoDelay(true);
    client.pause();
    client.on('error', (error) => this.#breaks('c2s', error));
    client.on('close', () => {
      this.#gone.abort();
      if (!this.#server) this.#over();
      else this.#server.destroySoon();
    });
    this.#greet(request);
  }

  destroy() {
    this.#client.destroy();
    this.#server?.destroy();
  }

  /** @param {{ head: string, rest: Buffer }} request */
  #greet({ head, rest }) {
    const { guard, targets, open } = this.#setting;
    const claim = claimOf(head);
    // Our own Host takes the place of the client's, so the target could not tell a foreign page.
    const foreign = guard.refusesSocket(claim);
    if (foreign) {
      this.#answer(403, foreign);
      return;
    }
    const path = pathOf(head);
    const target = targets.find(claim.host, path);
    if (!target) {
      this.#answer(404, targets.without(path));
      return;
    }
    const own = withoutOwnCookies(head);
    this.#tap = open(this.#client);
    this.#tap.data('c2s', Buffer.from(own, 'latin1'));
    this.#log.note(`open ${withoutSecrets(path)}`);
    void this.#reach(own, rest, target);
  }

  /**
   * @param {string} head
   * @param {Buffer} rest what came behind it
   * @param {import('./target.js').Target} target
   */
  async #reach(head, rest, target) {
    let server;
    try {
      server = await target.webSocket(this.#gone.signal);
    } catch (error) {
      const { status = 502, message } = /** @type {import('./target.js').Unreachable} */ (
        error
      );
      if (!this.#client.destroyed) this.#answer(status, message);
      return;
    }
    this.#server = server;
    server.on('error', (error) => this.#breaks('s2c', error));
    server.on('close', () => {
      this.#client.destroySoon();
      this.#over();
    });
    // It went away meanwhile: nothing would end this side any more.
    if (this.#client.destroyed) {
      server.destroy();
      return;
    }
    const { acts, compress } = this.#setting;
    const offered = compress && !acts.active ? head : withoutExtensions(head);
    server.write(Buffer.from(readdressed(offered, target.route), 'latin1'));
    this.#passed.c2s += head.length;
    const { c2s, s2c } = this.#courses(head);
    c2s.run(this.#client, server, rest);
    s2c.run(server, this.#client);
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
        ended: () => {
          this.#ended[direction] = true;
          this.#tap?.end(direction);
        },
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
   * An answer of our own, and the end.
   * @param {number} status
   * @param {string} why
   */
  #answer(status, why) {
    this.#log.problem(`${status} ${why}`);
    const reply = replyOf(status, why);
    this.#tap?.data('s2c', reply);
    this.#tap?.end('s2c');
    this.#ended = { c2s: true, s2c: true };
    sayGoodbye(this.#client, reply);
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
