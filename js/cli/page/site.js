// What a browser finds at the servers of the command line: the inspector's page, the page to
// talk, their files, and the live feed. All of it asks for the token and for a Host
// that is ours; the same answers for every kind of server.
import { fieldsOf, nothing, packageFile, text } from './files.js';
import { isOwn } from './guard.js';
import { LIVE_PATH } from './live.js';
import { pageFile } from './page.js';
import { Token } from './token.js';

/** @typedef {{ method: string, url: string, headers: Headers }} Request */
/** @typedef {{ status: number, fields: Record<string, string | number>, body: Buffer }} Answer */

const TALK = '/examples/page/index.html';
/** What the page to talk loads. */
const LOADED = /^\/(js|pkg|examples\/page)\//;

const NO_TOKEN =
  'This is for who has the whole address, with ?token= and what follows. It was printed where the server was started.\n';
const NOT_BUILT = 'The page is not built: run `npm run build:www`.\n';

export class Site {
  #guard;
  #token;
  #talk;
  #control;
  #replay;
  /** Where clients connect, if that is not where the pages are. */
  address = '';

  /**
   * @param {import('./guard.js').Guard} guard
   * @param {object} [options]
   * @param {boolean} [options.talk] whether there is an echo server here, to talk to
   * @param {string} [options.control] where the page can act on what passes
   * @param {string} [options.replay] where the page can have a capture replayed
   */
  constructor(guard, { talk = false, control, replay } = {}) {
    this.#control = control;
    this.#replay = replay;
    this.#guard = guard;
    this.#token = new Token();
    this.#talk = talk;
  }

  /**
   * The address to print.
   * @param {string} at 'address:port'
   * @param {string} [path]
   */
  link(at, path) {
    return this.#token.link(at, path);
  }

  /** Whether it is a request for the live feed. @param {string} url */
  static isFeed(url) {
    return url.split('?')[0] === LIVE_PATH;
  }

  /**
   * Whether a page may watch: one of this server's own that has the token, or a program that
   * has it.
   * @param {{ url: string, headers: Headers }} request
   * @returns {true | { status: number, body: string }}
   */
  mayWatch(request) {
    const origin = request.headers.get('origin') ?? '';
    const host = request.headers.get('host') ?? '';
    const foreign = this.#guard.refusesHost(host);
    if (foreign) return { status: 403, body: `${foreign}\n` };
    if (origin !== '' && !isOwn(origin, host)) {
      return { status: 403, body: 'Only a page of this very server may watch.\n' };
    }
    return this.#token.shown(request) ? true : { status: 403, body: NO_TOKEN };
  }

  /**
   * @param {Request} request
   * @returns {Promise<Answer>}
   */
  async answer({ method, url, headers }) {
    if (method !== 'GET' && method !== 'HEAD') {
      return answerOf(405, text(`${method} is not answered here.\n`), { Allow: 'GET, HEAD' });
    }
    const foreign = this.#guard.refusesHost(headers.get('host') ?? '');
    if (foreign) return answerOf(403, text(`${foreign}\n`));
    const shown = this.#token.shown({ url, headers });
    if (!shown) return answerOf(403, text(NO_TOKEN));
    /** @type {Record<string, string>} */
    const cookie = shown === 'link' ? { 'Set-Cookie': this.#token.cookie(headers) } : {};
    // A person's browser is led on, so that the token does not stay in its address and history.
    if (shown === 'link' && /text\/html/.test(headers.get('accept') ?? '')) {
      return answerOf(303, text(''), { ...cookie, Location: Token.strip(url) });
    }
    const [path] = url.split('?');
    const told = { address: this.address, control: this.#control, replay: this.#replay };
    const file =
      (await pageFile(path, { live: true, ...told })) ?? (await this.#talkFile(path));
    if (file) return answerOf(200, file, cookie);
    return answerOf(404, path === '/' ? text(NOT_BUILT) : nothing());
  }

  /**
   * Where the inspector is not built, the page to talk takes its place.
   * @param {string} path
   */
  async #talkFile(path) {
    if (!this.#talk) return undefined;
    if (path === '/talk' || path === '/') return packageFile(TALK);
    return LOADED.test(path) ? packageFile(path) : undefined;
  }
}

/**
 * @param {number} status
 * @param {import('./files.js').File} file
 * @param {Record<string, string>} [more]
 * @returns {Answer}
 */
const answerOf = (status, file, more) => ({
  status,
  fields: { ...fieldsOf(file), ...more },
  body: file.body,
});
