// Plain requests on their way to a target, and its answers back, as they come: pages, events, up-
// and downloads. What belongs to one connection only is left out (RFC 9110 section 7.6.1).
import { constants } from 'node:http2';
import { withoutSecrets } from '../../base/secrets.js';
import { ask } from './asking.js';
import { endToEnd, grouped } from './fields.js';
import { addressed, foreignCookies } from './request.js';
import { pathFor } from './routes.js';

/** @typedef {import('node:http').IncomingMessage | import('node:http2').Http2ServerRequest} Request */
/** @typedef {any} Response of Node's http, or http2's in its clothes */

export class Passing {
  #setting;
  #note;

  /**
   * @param {Pick<import('./connection.js').Setting, 'guard' | 'targets'>} setting
   * @param {(text: string) => void} note
   */
  constructor(setting, note) {
    this.#setting = setting;
    this.#note = note;
  }

  /**
   * Answers the requests of a server.
   * @param {import('node:events').EventEmitter} server of Node's http or http2
   */
  serve(server) {
    const take = (/** @type {Request} */ request, /** @type {Response} */ response) =>
      this.#take(request, response);
    // What the client expects, the target shall say.
    for (const event of ['request', 'checkContinue', 'checkExpectation']) {
      server.on(event, take);
    }
  }

  /** @param {Request} request @param {Response} response */
  #take(request, response) {
    const { method = 'GET', url = '/', rawHeaders } = request;
    const { host = hostOf(request), path } = addressed(url);
    const say = (/** @type {unknown} */ what) =>
      this.#note(`${method} ${withoutSecrets(path)} ${what}`);
    const refuse = (/** @type {number} */ status, /** @type {string} */ why) => {
      say(`${status} ${why}`);
      answer(response, status, why);
    };
    const foreign = this.#setting.guard.refusesSocket({
      host,
      origin: valuesOf(rawHeaders, 'origin'),
    });
    if (foreign) return refuse(403, foreign);
    const target = this.#setting.targets.find(host, path);
    if (!target) return refuse(404, this.#setting.targets.without(path));
    const asked = {
      method,
      path: pathFor(target.route, path),
      fields: fieldsFor(rawHeaders),
      body: hasBody(request),
      trailers: /\btrailers\b/i.test(valuesOf(rawHeaders, 'te')),
    };
    let left = false;
    const exchange = ask(target, asked, request, {
      information: (status, headers) => inform(response, status, headers),
      answer: (status, message, fields, body) => {
        if (left) return body.destroy();
        say(status);
        return give(request, response, { status, message, fields, body });
      },
      failed: (status, why) => {
        if (left) return;
        if (response.headersSent) cut(response);
        else refuse(status, why);
      },
    });
    response.on('close', () => {
      left = true;
      exchange.cancel();
    });
    return undefined;
  }
}

/** @param {Request} request */
const hostOf = (request) =>
  'authority' in request && request.authority
    ? request.authority
    : valuesOf(request.rawHeaders, 'host');

/** All of a field: what is there twice is nothing that is allowed. @param {string[]} raw @param {string} name */
const valuesOf = (raw, name) =>
  raw.filter((_, i) => i % 2 === 1 && raw[i - 1].toLowerCase() === name).join(', ');

/** Fields for the target. @param {string[]} raw */
function fieldsFor(raw) {
  const fields = grouped(endToEnd(raw));
  fields.delete('host');
  const cookie = fields.get('cookie');
  if (cookie) {
    // HTTP/2 may have each in a field of its own (RFC 9113 section 8.2.3).
    const rest = foreignCookies(cookie.values.join('; '));
    if (rest) cookie.values = [rest];
    else fields.delete('cookie');
  }
  return fields;
}

/** RFC 9112 section 6.3. @param {Request} request */
const hasBody = (request) =>
  'stream' in request
    ? !request.stream.endAfterHeaders
    : request.headers['transfer-encoding'] !== undefined ||
      (request.headers['content-length'] ?? '0') !== '0';

/**
 * An answer before the answer (RFC 9110 section 15.2).
 * @param {Response} response
 * @param {number} status
 * @param {Record<string, any>} headers
 */
function inform(response, status, headers) {
  if (response.headersSent) return;
  if (status === 100) response.writeContinue();
  else if (status === 102) response.writeProcessing?.();
  else if (status === 103 && headers.link) response.writeEarlyHints(headers);
}

/**
 * @param {Request} request
 * @param {Response} response
 * @param {{ status: number, message: string, fields: string[], body: import('./asking.js').Body }} got
 */
function give(request, response, { status, message, fields, body }) {
  const headers = Object.fromEntries(
    [...grouped(endToEnd(fields)).values()].map(({ name, values }) => [name, values]),
  );
  // The target's own Date, or none.
  response.sendDate = false;
  if (request.httpVersionMajor === 1) response.writeHead(status, message, headers);
  else response.writeHead(status, headers);
  // Events may be long in coming.
  response.flushHeaders();
  body.on('error', () => cut(response));
  body.on('end', () => {
    const trailers = [...grouped(endToEnd(body.rawTrailers ?? [])).values()];
    if (trailers.length > 0) {
      response.addTrailers(
        Object.fromEntries(trailers.map(({ name, values }) => [name, values.join(', ')])),
      );
    }
    response.end();
  });
  body.pipe(response, { end: false });
}

/**
 * Whoever reads it has to see that something is missing.
 * @param {Response} response
 */
function cut(response) {
  if (response.stream) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.destroy();
}

/**
 * An answer of our own.
 * @param {Response} response
 * @param {number} status
 * @param {string} why
 */
function answer(response, status, why) {
  const body = Buffer.from(`${why}\n`);
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
  });
  response.end(body);
}
