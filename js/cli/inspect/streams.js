// WebSockets in streams of HTTP/2 (RFC 8441), as sockets on which HTTP/1.1's handshake is spoken:
// so there is one way through the proxy whatever either side speaks, and what is noted of it is
// the same.
import { constants } from 'node:http2';
import { Duplex } from 'node:stream';
import { answerInHttp1, HTTP1_ONLY } from '../../node/http2.js';
import { Body } from '../../node/refusal.js';
import { endToEnd, grouped } from './fields.js';
import { headEnd } from './request.js';

const NOTHING = Buffer.alloc(0);

/** A socket whose bytes are those of a stream. */
class StreamSocket extends Duplex {
  /** @type {import('node:http2').Http2Stream | undefined} */
  #stream;

  /** @param {import('node:http2').Http2Stream} stream whose bytes are to be read now */
  attach(stream) {
    this.#stream = stream;
    stream.on('data', (bytes) => {
      if (!this.push(bytes)) stream.pause();
    });
    stream.on('end', () => this.push(null));
    stream.on('error', (error) => this.destroy(error));
    stream.on('close', () => {
      const { rstCode } = stream;
      if (rstCode) this.destroy(new Error(`the stream was reset (code ${rstCode})`));
      else this.destroySoon();
    });
  }

  /** @param {Buffer} bytes for the stream @param {() => void} done */
  forward(bytes, done) {
    if (bytes.length === 0 || !this.#stream?.writable) return done();
    this.#stream.write(bytes, () => done());
    return undefined;
  }

  _read() {
    this.#stream?.resume();
  }

  /** @param {() => void} done */
  _final(done) {
    if (this.#stream?.writable) this.#stream.end();
    done();
  }

  /** @param {Error | null} error @param {(error: Error | null) => void} done */
  _destroy(error, done) {
    // RFC 8441 section 5: what would be a reset of TCP is one of the stream.
    const whole = !error && this.readableEnded && this.writableFinished;
    const { NGHTTP2_NO_ERROR, NGHTTP2_CANCEL } = constants;
    this.#stream?.close(whole ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
    done(error);
  }

  // What else of a socket a connection has use for.

  destroySoon() {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  resetAndDestroy() {
    this.destroy();
  }

  setNoDelay() {
    return this;
  }

  /** @param {number} time @param {() => void} act */
  setTimeout(time, act) {
    this.#stream?.setTimeout(time, act);
    return this;
  }
}

/** A client's stream. The answer is written to it in HTTP/1.1. */
export class ClientStream extends StreamSocket {
  #stream;
  #head = NOTHING;
  #opened = false;
  /** @type {{ status: number, fields: Record<string, string[]>, body: Body } | undefined} */
  #refusal;

  /** @param {import('node:http2').ServerHttp2Stream} stream */
  constructor(stream) {
    super();
    this.#stream = stream;
    this.attach(stream);
    const { remoteAddress, remotePort, localAddress, localPort } = stream.session?.socket ?? {};
    Object.assign(this, { remoteAddress, remotePort, localAddress, localPort });
  }

  /**
   * @param {Buffer} bytes
   * @param {string} encoding
   * @param {() => void} done
   * @returns {void}
   */
  _write(bytes, encoding, done) {
    if (this.#opened) return this.forward(bytes, done);
    if (this.#refusal) return this.#refuse(bytes, done);
    const all = Buffer.concat([this.#head, bytes]);
    const end = headEnd(all);
    if (end === undefined) {
      this.#head = all;
      return done();
    }
    this.#head = NOTHING;
    const rest = all.subarray(end);
    const { line, raw } = linesIn(all.toString('latin1', 0, end));
    const status = Number(line.split(' ')[1]);
    // An interim answer (RFC 9110 section 15.2), behind which comes another.
    if (status < 200 && status !== 101) return this._write(rest, encoding, done);
    const fields = forHttp2(raw);
    if (status === 101) {
      this.#opened = true;
      if (!this.#stream.destroyed) this.#stream.respond({ ':status': 200, ...fields });
      return this.forward(rest, done);
    }
    const get = (/** @type {string} */ name) =>
      grouped(raw).get(name)?.values.join(', ') ?? null;
    const body = new Body(/** @type {any} */ ({ status, headers: { get } }));
    this.#refusal = { status, fields, body };
    return this.#refuse(rest, done);
  }

  /** @param {() => void} done */
  _final(done) {
    if (this.#refusal) this.#answer();
    else if (!this.#opened) this.#stream.close(constants.NGHTTP2_CANCEL);
    super._final(done);
  }

  /** @param {Buffer} bytes of a refusal's body @param {() => void} done */
  #refuse(bytes, done) {
    this.#refusal?.body.add(bytes);
    if (this.#refusal?.body.complete) this.#answer();
    done();
  }

  /** A refusal, once as much of its body is there as there will be. */
  #answer() {
    if (!this.#refusal || this.#stream.destroyed || this.#stream.headersSent) return;
    const { status, fields, body } = this.#refusal;
    const { 'content-length': _, ...rest } = fields;
    this.#stream.respond({ ':status': status, ...rest });
    this.#stream.end(body.bytes);
  }
}

/** A stream to a target. The request is written to it in HTTP/1.1, and so the answer is read. */
export class TargetStream extends StreamSocket {
  #session;
  #url;
  #head = NOTHING;
  #begun = false;

  /**
   * @param {import('node:http2').ClientHttp2Session} session that takes extended CONNECT
   * @param {URL} url
   */
  constructor(session, url) {
    super();
    this.#session = session;
    this.#url = url;
  }

  /** @param {Buffer} bytes @param {string} _ @param {(error?: Error) => void} done */
  _write(bytes, _, done) {
    if (this.#begun) return this.forward(bytes, done);
    const all = Buffer.concat([this.#head, bytes]);
    const end = headEnd(all);
    if (end === undefined) {
      this.#head = all;
      return done();
    }
    this.#begun = true;
    try {
      this.#request(all.subarray(0, end));
    } catch (error) {
      // The session has just ended, or a field is none for HTTP/2.
      return done(/** @type {Error} */ (error));
    }
    return this.forward(all.subarray(end), done);
  }

  /** @param {Buffer} head */
  #request(head) {
    const { line, raw } = linesIn(head.toString('latin1'));
    const { protocol, host } = this.#url;
    const stream = this.#session.request(
      {
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': protocol === 'wss:' ? 'https' : 'http',
        ':path': line.split(' ')[1],
        ':authority': host,
        ...forHttp2(raw),
      },
      { endStream: false },
    );
    stream.on('response', (headers) => this.push(answerInHttp1(headers, head)));
    this.attach(stream);
  }
}

/** @param {string} head */
function linesIn(head) {
  const [line, ...lines] = head.trimEnd().split('\r\n');
  const raw = lines.flatMap((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon).trim(), field.slice(colon + 1).trim()];
  });
  return { line, raw };
}

/** Without what only HTTP/1.1 has. @param {string[]} raw */
const forHttp2 = (raw) =>
  Object.fromEntries(
    [...grouped(endToEnd(raw))]
      .filter(([name]) => !HTTP1_ONLY.has(name))
      .map(([name, { values }]) => [name, values]),
  );
