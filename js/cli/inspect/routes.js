// Which target a request goes to, by its Host and path.
import { withoutSecrets } from '../../base/secrets.js';
import { UsageError } from '../base/failure.js';
import { url as urlOf } from '../base/options.js';
import { nameOf } from '../page/guard.js';

const EXAMPLES = 'ws://127.0.0.1:8080/path, wss://example.com, or /chat=ws://127.0.0.1:8080';

/**
 * Requests that go to one target.
 * @typedef {object} Route
 * @property {string} host their Host, without a port; '' for any
 * @property {string} path what their paths begin with, without a slash at its end; '' for any
 * @property {URL} url the target
 * @property {boolean} moves whether the target's path takes the place of the route's
 */

export class Routes {
  /** The first that fits is the one. @type {Route[]} */
  #all;

  /**
   * @param {string[]} texts `URL`, `/path=URL`, `HOST=URL` or `HOST/path=URL`; throws a UsageError
   */
  constructor(texts) {
    if (texts.length === 0) {
      throw new UsageError(
        'Where to pass it on to? Give --target URL, for example ws://127.0.0.1:8080.',
      );
    }
    /** @type {Map<string, Route>} */
    const all = new Map();
    for (const text of texts) {
      const route = routeOf(text);
      const other = all.get(named(route));
      if (other) throw new UsageError(twice(route, other));
      all.set(named(route), route);
    }
    // A Host says more than a path, and a long path more than a short one.
    this.#all = [...all.values()].sort(
      (a, b) => Number(b.host !== '') - Number(a.host !== '') || b.path.length - a.path.length,
    );
  }

  /** @returns {readonly Route[]} */
  get all() {
    return this.#all;
  }

  /** The names that lead here. */
  get hosts() {
    return [...new Set(this.#all.map(({ host }) => host).filter(Boolean))];
  }

  /**
   * @param {string} host as the request has it
   * @param {string} path
   */
  find(host, path) {
    const name = nameOf(host) ?? '';
    return this.#all.find(
      (route) => (route.host === '' || route.host === name) && isBelow(path, route.path),
    );
  }

  /** In words, for a request that none fits. @param {string} path */
  without(path) {
    const routes = this.#all.map(named).join(', ');
    return `There is no target for ${withoutSecrets(path)} at this Host. Those there are: ${routes}`;
  }
}

/** How a route is written. @param {{ host: string, path: string }} route */
export const named = ({ host, path }) => `${host}${path}` || '/';

/**
 * The path for the target. Where its URL has a path, that takes the place of the route's; a request
 * for exactly the route gets the URL's query, too.
 * @param {Route} route
 * @param {string} path
 */
export function pathFor({ url, path: prefix, moves }, path) {
  if (!moves || !path.startsWith('/')) return path;
  const rest = path.slice(prefix.length);
  if (rest === '' || path === '/') return url.pathname + url.search;
  const base = rest.startsWith('?') ? url.pathname : url.pathname.replace(/\/$/, '');
  return base + rest;
}

/** Whole segments only. @param {string} path @param {string} prefix */
const isBelow = (path, prefix) =>
  path.startsWith(prefix) && /^([/?]|$)/.test(prefix && path.slice(prefix.length));

/** @param {string} text @returns {Route} */
function routeOf(text) {
  const { from, to } = parts(text);
  if (from !== undefined && to === '') {
    throw new UsageError(`--target ${JSON.stringify(text)} has no URL: write ${from}=ws://…`);
  }
  const url = urlOf(to);
  if (!url || !['ws:', 'wss:'].includes(url.protocol) || url.hash || url.username) {
    throw new UsageError(
      `--target is ${JSON.stringify(withoutSecrets(text))}; write it like ${EXAMPLES}. ws and wss stand for http and https, too.`,
    );
  }
  if (from === undefined) return { host: '', path: '', url, moves: true };
  const [, host, path] = /^([^/]*)(.*?)\/*$/.exec(from) ?? ['', '', ''];
  const isName = host === '' || nameOf(host) === host.toLowerCase();
  if (from === '' || !isName || /[#\s]/.test(path)) {
    throw new UsageError(
      `--target ${JSON.stringify(withoutSecrets(text))}: ${JSON.stringify(from)} is neither a path, as /chat, nor a Host without a port, as chat.example, nor both.`,
    );
  }
  const moves = /[/?]/.test(to.replace(/^[a-z]+:\/\//i, ''));
  return { host: host.toLowerCase(), path, url, moves };
}

/**
 * What stands before an = and behind it. One in the URL itself is behind its :// or ?.
 * @param {string} text
 * @returns {{ from?: string, to: string }}
 */
function parts(text) {
  const at = text.indexOf('=');
  const from = text.slice(0, Math.max(0, at));
  if (at < 0 || /:\/\/|\?/.test(from)) return { to: text };
  return { from, to: text.slice(at + 1) };
}

/** @param {Route} route @param {Route} other */
function twice(route, other) {
  const both = `${withoutSecrets(other.url.href)} and ${withoutSecrets(route.url.href)}`;
  return named(route) === '/'
    ? `--target: ${both} are both for everything. Give one a path or a Host, as in /chat=${withoutSecrets(route.url.href)}`
    : `--target: ${both} are both for ${named(route)}`;
}
