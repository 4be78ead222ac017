// The secret in the printed address: with it one may see what passes, and without it nobody
// else, be it another person on the network, another user of this machine, or a page.
import { randomBytes, timingSafeEqual } from 'node:crypto';

const NAME = 'token';

export class Token {
  /** 128 bits. */
  #value = randomBytes(16).toString('base64url');

  /**
   * The address that opens the page; the browser keeps the token in a cookie from then on.
   * @param {string} at 'address:port'
   */
  link(at, path = '/') {
    return `http://${at}${path}?${NAME}=${this.#value}`;
  }

  /**
   * How a request shows that it knows the token: in its query, as a link does; in a cookie; or,
   * as programs do, by `Authorization: Bearer` (RFC 6750 section 2.1).
   * @param {{ url: string, headers: Headers }} request
   * @returns {'link' | 'kept' | undefined} undefined when it does not
   */
  shown({ url, headers }) {
    if (this.#is(queryOf(url).get(NAME))) return 'link';
    const [, bearer] = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? [];
    const name = `${cookieName(headers)}=`;
    const cookies = (headers.get('cookie') ?? '').split(/; */);
    const kept = cookies.some(
      (cookie) => cookie.startsWith(name) && this.#is(cookie.slice(name.length)),
    );
    return kept || this.#is(bearer) ? 'kept' : undefined;
  }

  /**
   * For Set-Cookie. It lasts until the browser is closed. Requests that other sites' pages make
   * do not carry it (SameSite), except for a link that a person follows.
   * @param {Headers} headers of the request
   */
  cookie(headers) {
    return `${cookieName(headers)}=${this.#value}; Path=/; HttpOnly; SameSite=Lax`;
  }

  /**
   * Where to lead a browser that came by a link: to the same without the token, on this server
   * (two slashes at the beginning would be another's name).
   * @param {string} url
   */
  static strip(url) {
    const query = queryOf(url);
    query.delete(NAME);
    const path = url.split('?')[0].replace(/^[/\\]*/, '/');
    return query.size ? `${path}?${query}` : path;
  }

  /** @param {string | null | undefined} text */
  #is(text) {
    const [given, own] = [Buffer.from(text ?? ''), Buffer.from(this.#value)];
    return given.length === own.length && timingSafeEqual(given, own);
  }
}

/** @param {string} url */
const queryOf = (url) => new URLSearchParams(url.split('?').slice(1).join('?'));

/** Whether a token of such a server is among these cookies. @param {string} cookies */
export const isAmong = (cookies) => /(^|; *)ws4wasm-\d+=/.test(cookies);

/**
 * Cookies are a host's, not a port's: servers side by side must not overwrite each other's.
 * @param {Headers} headers
 */
const cookieName = (headers) =>
  `ws4wasm-${/:(\d+)$/.exec(headers.get('host') ?? '')?.[1] ?? '80'}`;
