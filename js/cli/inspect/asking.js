// A plain request to a target.
import { request as request1 } from 'node:http';
import { Unreachable } from './target.js';

/** The body of an answer. @typedef {import('node:stream').Readable & { rawTrailers?: string[] }} Body */
/** @typedef {ReturnType<typeof import('./fields.js').grouped>} Fields */

/** @typedef {{ method: string, path: string, fields: Fields, body: boolean }} Asked */

/**
 * @typedef {object} Hearing
 * @property {(status: number, headers: Record<string, any>) => void} information
 * @property {(status: number, message: string, fields: string[], body: Body) => void} answer
 * @property {(status: number, why: string) => void} failed before the answer, or in it
 */

/** They do the same when done twice (RFC 9110 section 9.2.2). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * @param {import('./target.js').Target} target
 * @param {Asked} asked
 * @param {import('node:stream').Readable} source of the request's body
 * @param {Hearing} hearing
 * @returns {{ cancel: () => void }}
 */
export function ask(target, { method, path, fields, body }, source, hearing) {
  /** @type {import('node:http').ClientRequest | undefined} */
  let outgoing;
  const headers = Object.fromEntries(
    [...fields.values()].map(({ name, values }) => [name, values]),
  );
  if (body && !fields.has('content-length')) headers['Transfer-Encoding'] = ['chunked'];
  let cancelled = false;
  let answered = false;

  const attempt = (/** @type {boolean} */ again) => {
    outgoing = request1({
      agent: target.agent,
      method,
      path,
      headers: { Host: target.url.host, ...headers },
    });
    const mine = outgoing;
    outgoing.on('information', ({ statusCode, headers }) =>
      hearing.information(statusCode, headers),
    );
    outgoing.on('response', (response) => {
      answered = true;
      const { statusCode = 502, statusMessage = '', rawHeaders } = response;
      hearing.answer(statusCode, statusMessage, rawHeaders, response);
    });
    outgoing.on('error', (error) => {
      // The answer has its own error.
      if (answered || cancelled) return;
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      // A target may close an idle connection just when it is used again (RFC 9112 section 9.3.1).
      if (again && mine.reusedSocket && code === 'ECONNRESET' && !body && SAFE.has(method)) {
        attempt(false);
        return;
      }
      const { status, message } =
        error instanceof Unreachable
          ? error
          : { status: 502, message: `${target.url.host} gave no answer: ${error.message}` };
      hearing.failed(status, message);
    });
    if (!body) outgoing.end();
    else {
      // The target may answer before any of the body comes.
      outgoing.flushHeaders();
      source.pipe(outgoing);
    }
  };
  attempt(true);
  return {
    cancel: () => {
      cancelled = true;
      outgoing?.destroy();
    },
  };
}
