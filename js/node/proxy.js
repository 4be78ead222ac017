// Through an HTTP proxy: CONNECT (RFC 6455 section 4.1, RFC 9110 section 9.3.6).
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP } from 'node:net';
import { HandshakeError } from '../base/exceptions.js';
import { headersOf } from '../core/request.js';
import { within } from './limit.js';
import { readBody } from './refusal.js';

/**
 * The proxy to use for a URL.
 * @param {URL} target
 * @param {string | URL | boolean | undefined} option
 * @returns {URL | undefined}
 */
export function proxyFor(target, option) {
  if (option === true) return proxyOfEnvironment(target);
  return option ? new URL(option) : undefined;
}

/** @param {string} name */
const variable = (name) =>
  process.env[name.toLowerCase()] || process.env[name.toUpperCase()] || undefined;

/**
 * As curl and others have it. Where there is no proxy for http:, the one for https: does: a
 * WebSocket is tunnelled in any case.
 * @param {URL} target
 */
function proxyOfEnvironment(target) {
  if (exempt(target, variable('no_proxy') ?? '')) return undefined;
  const names = target.protocol === 'wss:' ? ['https_proxy'] : ['http_proxy', 'https_proxy'];
  const name = [...names, 'all_proxy'].find(variable);
  if (!name) return undefined;
  const value = /** @type {string} */ (variable(name));
  const text = value.includes('://') ? value : `http://${value}`;
  // It may have a password in it, so that it is not shown.
  if (!/^https?:/i.test(text) || !URL.canParse(text)) {
    throw new RangeError(`${name} in the environment is no http: or https: URL`);
  }
  return new URL(text);
}

/**
 * NO_PROXY: a list of hosts, each for itself and its subdomains, of addresses and of subnets, each
 * with a port if it is for that only; or *.
 * @param {URL} target
 * @param {string} list
 */
function exempt({ protocol, hostname, port }, list) {
  const host = bare(hostname);
  const wanted = port || (protocol === 'wss:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      if (entry === '*') return true;
      const [, name, only] =
        /^(.*?)(?::(\d+))?$/.exec(isIP(entry) ? `[${entry}]` : entry) ?? [];
      if (only && only !== wanted) return false;
      const own = bare(name).replace(/^\*?\./, '');
      return host === own || host.endsWith(`.${own}`) || inSubnet(host, own);
    });
}

/** URLs have IPv6 addresses in brackets, sockets have not. @param {string} hostname */
export const bare = (hostname) => hostname.replace(/^\[(.*)\]$/, '$1');

/** @param {string} host @param {string} subnet */
function inSubnet(host, subnet) {
  const [, network, bits] = /^(.+)\/(\d+)$/.exec(subnet) ?? [];
  const family = isIP(host);
  if (!network || !family || isIP(network) !== family) return false;
  if (Number(bits) > (family === 6 ? 128 : 32)) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const subnets = new BlockList();
  subnets.addSubnet(network, Number(bits), type);
  return subnets.check(host, type);
}

/**
 * A tunnel to a host and port.
 * @param {URL} proxy
 * @param {{ host: string, port: number }} target
 * @param {object} options of the socket to the proxy
 * @param {AbortSignal} until
 * @returns {Promise<import('node:net').Socket>}
 */
export async function tunnel(proxy, { host, port }, options, until) {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const request = (proxy.protocol === 'https:' ? requestHttps : requestHttp)({
    ...options,
    host: bare(proxy.hostname),
    port: proxy.port,
    method: 'CONNECT',
    path: authority,
    agent: false,
    headers: { Host: authority, ...authorization(proxy) },
  });
  /** @type {{ response: import('node:http').IncomingMessage, socket: any }} */
  const { response, socket } = await within(until, (resolve, reject) => {
    request.on('error', reject);
    request.on('connect', (response, socket, head) => {
      if (head.length) socket.unshift(head);
      resolve({ response, socket });
    });
    request.end();
  }).catch((error) => {
    request.destroy();
    throw error;
  });
  const { statusCode: status = 0 } = response;
  if (status >= 200 && status < 300) return socket;
  const headers = headersOf(pairsOf(response.rawHeaders));
  const error = new HandshakeError(`The proxy answered ${status}.`, {
    status,
    response: { status, headers },
  });
  await readBody(error, socket, until);
  socket.on('error', () => {});
  socket.destroy();
  throw error;
}

/** @param {string[]} flat @returns {[string, string][]} */
const pairsOf = (flat) =>
  flat.flatMap((name, i) =>
    i % 2 ? [] : [/** @type {[string, string]} */ ([name, flat[i + 1]])],
  );

/** @param {URL} proxy */
function authorization({ username, password }) {
  if (!username && !password) return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
