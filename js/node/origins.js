// Which pages may connect: the Origin rule (RFC 6455 section 10.2).
import * as check from '../base/arguments.js';

/**
 * Whether an origin, in its normal form, may connect.
 * @typedef {(origin: string, request: import('../index.js').HandshakeRequest) => unknown} Rule
 */

const ALLOWED =
  "an origin such as 'https://example.com' or 'https://*.example.com', 'same', '*', a RegExp, a function, or a list of them";

/** Schemes that are written into URLs, and that no page's origin has. */
const NO_ORIGIN = new Map([
  ['ws:', 'pages are http: or https:'],
  ['wss:', 'pages are http: or https:'],
  ['file:', "pages from files have the origin 'null'"],
]);

/**
 * An origin as browsers send it (RFC 6454 section 6.2): small letters, no port that goes without
 * saying; undefined for what is none.
 * @param {string} text
 */
function normalForm(text) {
  if (text === 'null') return text;
  if (!URL.canParse(text)) return undefined;
  const { protocol, host, origin } = new URL(text);
  if (origin !== 'null') return origin;
  // An extension's or an application's own scheme.
  return host ? `${protocol}//${host.toLowerCase()}` : undefined;
}

/**
 * Makes the rule that the option `origins` stands for.
 * @param {unknown} value
 * @param {string} [name]
 * @returns {Rule}
 * @throws {TypeError} for what is no rule
 * @throws {RangeError} for an entry that no origin can match
 */
export function originRule(value, name = 'origins') {
  if (Array.isArray(value)) {
    const rules = value.map((entry, index) => originRule(entry, `${name}[${index}]`));
    return async (origin, request) => {
      for (const rule of rules) if (verdict(await rule(origin, request))) return true;
      return false;
    };
  }
  if (typeof value === 'function') return /** @type {Rule} */ (value);
  // search, because test remembers where it was.
  if (value instanceof RegExp) return (origin) => origin.search(value) >= 0;
  if (value === 'same') return sameHost;
  if (value === '*') return () => true;
  if (typeof value !== 'string') throw check.wrongType(name, value, ALLOWED);
  return value.includes('*') ? subdomains(value, name) : exactly(value, name);
}

/** @param {string} name @param {string} value @param {string} why */
const neverMatches = (name, value, why) =>
  check.outOfRange(name, value, `one that can match, and it never does: ${why}`);

/** @param {string} value @param {string} name @returns {Rule} */
function exactly(value, name) {
  const [scheme] = /^[a-z][a-z0-9+.-]*:(?=\/\/)/i.exec(value) ?? [];
  const why = NO_ORIGIN.get(scheme?.toLowerCase() ?? '');
  if (why) throw neverMatches(name, value, why);
  const wanted = normalForm(value);
  if (wanted === undefined || !(scheme || wanted === 'null')) {
    throw neverMatches(name, value, `it has no scheme, such as in 'https://${value}'`);
  }
  if (scheme) {
    const { pathname, search, hash, username, password } = new URL(value);
    if (!/^\/?$/.test(pathname) || search || hash || username || password) {
      throw neverMatches(name, value, `an origin is a scheme, a host and a port: '${wanted}'`);
    }
  }
  return (origin) => origin === wanted;
}

/**
 * `https://*.example.com`, or without a scheme for pages of http and https.
 * @param {string} value
 * @param {string} name
 * @returns {Rule}
 */
function subdomains(value, name) {
  const [, scheme, host] = /^([a-z][a-z0-9+.-]*:\/\/)?\*\.([^*/]+)\/?$/i.exec(value) ?? [];
  if (!host)
    throw neverMatches(name, value, "a * stands in front only: 'https://*.example.com'");
  // The example's own label is what the * stands for.
  const forms = (scheme ? [scheme] : ['https://', 'http://']).map((one) => {
    const rule = `${one}x.${host}`;
    exactly(rule, name);
    return /** @type {string} */ (normalForm(rule)).split('://x');
  });
  return (origin) =>
    forms.some(([protocol, end]) => {
      const [own, rest] = origin.split('://');
      return own === protocol && rest.endsWith(end) && rest.length > end.length;
    });
}

/** @type {Rule} */
function sameHost(origin, { host: asked }) {
  if (!URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  // The same scheme on both sides, so that its default port may be named or not.
  const own = `${protocol}//${asked}`;
  return URL.canParse(own) && new URL(own).host === host;
}

/**
 * Only true lets anybody in, and only a boolean is an answer.
 * @param {unknown} value
 */
function verdict(value) {
  if (typeof value !== 'boolean') {
    throw check.wrongType("what the function in 'origins' gave", value, 'true or false');
  }
  return value;
}

/**
 * A client that is no browser sends no Origin, and could lie: origins keep foreign pages out, not
 * foreign programs.
 * @param {import('../index.js').HandshakeRequest} request
 * @param {unknown} origins the option
 * @returns {Promise<boolean>}
 */
export async function originAllowed(request, origins) {
  if (origins === undefined || request.origin === undefined) return true;
  const rule = originRule(origins);
  const origin = normalForm(request.origin);
  // What no browser sends is no page of anybody's.
  if (origin === undefined) return origins === '*';
  return verdict(await rule(origin, request));
}
