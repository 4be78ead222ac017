// A plain request to a target, in HTTP/1.1 or HTTP/2.
import { request as request1 } from 'node:http';
import { constants } from 'node:http2';
import { Unreachable } from './target.js';

/** The body of an answer. @typedef {import('node:stream').Readable & { rawTrailers?: string[] }} Body */

/**
 * @typedef {object} Asked
 * @property {string} method
 * @property {string} path
 * @property {ReturnType<typeof import('./fields.js').grouped>} fields without Host
 * @property {boolean} body whether there is one
 * @property {boolean} trailers whether those are wanted
 */

/**
 * @typedef {object} Hearing
 * @property {(status: number, headers: Record<string, any>) => void} information
 * @property {(status: number, message: string, fields: string[], body: Body) => void} answer
 * @property {(status: number, why: string) => void} failed before the answer
 */

/** They do the same when done twice (RFC 9110 section 9.2.2). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * @param {import('./target.js').Target} target
 * @param {Asked} asked
 * @param {import('node:stream').Readable} source of the request's body
 * @param {Hearing} hearing
 * @returns {{ cancel: () => void }} which does nothing once the answer is over
 */
export function ask(target, asked, source, hearing) {
  const exchange = target.http2
    ? new Exchange2(target, asked, source, hearing)
    : new Exchange1(target, asked, source, hearing);
  try {
    exchange.begin();
  } catch (error) {
    // What may be in a path or a field is more narrow here than where it comes from.
    exchange.fail(error);
  }
  return exchange;
}

class Exchange {
  answered = false;
  over = false;

  /**
   * @param {import('./target.js').Target} target
   * @param {Asked} asked
   * @param {import('node:stream').Readable} source
   * @param {Hearing} hearing
   */
  constructor(target, asked, source, hearing) {
    this.target = target;
    this.asked = asked;
    this.source = source;
    this.hearing = hearing;
  }

  /** Whether it may be asked once more, of a target that has closed just when it was asked. */
  get repeatable() {
    return !this.answered && !this.over && !this.asked.body && SAFE.has(this.asked.method);
  }

  get headers() {
    const pairs = [...this.asked.fields.values()].map(({ name, values }) => [name, values]);
    return Object.fromEntries(pairs);
  }

  /** @param {number} status @param {string} message @param {string[]} fields @param {Body} body */
  answer(status, message, fields, body) {
    this.answered = true;
    body.on('end', () => {
      this.over = true;
    });
    try {
      this.hearing.answer(status, message, fields, body);
    } catch (error) {
      body.destroy();
      this.answered = false;
      this.fail(error);
    }
  }

  /** @param {unknown} error */
  fail(error) {
    // The answer has its own error.
    if (this.answered || this.over) return;
    this.over = true;
    if (error instanceof Unreachable) this.hearing.failed(error.status, error.message);
    else {
      const { message } = /** @type {Error} */ (error);
      this.hearing.failed(502, `${this.target.url.host} gave no answer: ${message}`);
    }
  }
}

class Exchange1 extends Exchange {
  /** @type {import('node:http').ClientRequest | undefined} */
  #outgoing;

  begin(again = true) {
    const { target, asked, source, hearing, headers } = this;
    const { method, path, body, fields } = asked;
    if (body && !fields.has('content-length')) headers['Transfer-Encoding'] = ['chunked'];
    const outgoing = request1({
      agent: target.agent,
      method,
      path,
      headers: { Host: target.url.host, ...headers },
    });
    this.#outgoing = outgoing;
    outgoing.on('information', ({ statusCode, headers }) =>
      hearing.information(statusCode, headers),
    );
    outgoing.on('response', (response) => {
      const { statusCode = 502, statusMessage = '', rawHeaders } = response;
      this.answer(statusCode, statusMessage, rawHeaders, response);
    });
    outgoing.on('error', (error) => {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      // A target may close an idle connection just when it is used again (RFC 9112 section 9.3.1).
      const closed = again && outgoing.reusedSocket && code === 'ECONNRESET';
      if (closed && this.repeatable) this.begin(false);
      else this.fail(error);
    });
    if (!body) outgoing.end();
    else {
      // The target may answer before any of the body comes.
      outgoing.flushHeaders();
      source.pipe(outgoing);
    }
  }

  cancel() {
    if (this.over) return;
    this.over = true;
    this.#outgoing?.destroy();
  }
}

class Exchange2 extends Exchange {
  /** @type {import('node:http2').ClientHttp2Stream | undefined} */
  #stream;

  begin(again = true) {
    this.target
      .session()
      .then((session) => this.#ask(session, again))
      .catch((error) => this.fail(error));
  }

  /** @param {import('node:http2').ClientHttp2Session} session @param {boolean} again */
  #ask(session, again) {
    if (this.over) return;
    const { target, asked, source, hearing } = this;
    const { method, path, body, trailers } = asked;
    const stream = session.request(
      {
        ':method': method,
        ':path': path,
        ':scheme': target.url.protocol === 'wss:' ? 'https' : 'http',
        ':authority': target.url.host,
        ...this.headers,
        ...(trailers && { te: 'trailers' }),
      },
      { endStream: !body },
    );
    this.#stream = stream;
    const answer = Object.assign(stream, { rawTrailers: /** @type {string[]} */ ([]) });
    stream.on('headers', (headers) => hearing.information(Number(headers[':status']), headers));
    stream.on('continue', () => hearing.information(100, {}));
    stream.on('trailers', (headers) => {
      answer.rawTrailers = rawOf(headers);
    });
    stream.on('response', (headers) => {
      this.answer(Number(headers[':status']), '', rawOf(headers), answer);
    });
    const broken = (/** @type {Error} */ error) => {
      if (stream !== this.#stream) return;
      this.#stream = undefined;
      // A session may end just when it is used again (RFC 9113 section 6.8).
      if (again && (session.closed || session.destroyed) && this.repeatable) this.begin(false);
      else this.fail(error);
    };
    stream.on('error', broken);
    stream.on('close', () => broken(new Error('the stream was closed')));
    if (body) source.pipe(stream);
  }

  cancel() {
    if (this.over) return;
    this.over = true;
    this.#stream?.close(constants.NGHTTP2_CANCEL);
  }
}

/** @param {import('node:http2').IncomingHttpHeaders} headers */
const rawOf = (headers) =>
  Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((one) => [name, one]),
  );
