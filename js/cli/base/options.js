// What options mean, and what is said of those that mean nothing.
import { readFileSync } from 'node:fs';
import { withoutSecrets } from '../../base/secrets.js';
import { Failure, UsageError } from './failure.js';

/**
 * An option's number.
 * @param {string | undefined} text
 * @param {string} name
 * @param {number} least
 * @param {number} most
 */
export function number(text, name, least, most) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(
    `${name} is ${JSON.stringify(text)}; it must be a number from ${least} to ${most}.`,
  );
}

/**
 * @param {string} text
 * @param {string} name
 */
export function port(text, name) {
  if (/^\d+$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(
    `${name} is ${JSON.stringify(text)}; it must be a number from 0 to 65535.`,
  );
}

/**
 * What `--ca FILE` and `--insecure` mean for a connection by TLS.
 * @param {{ ca?: string | undefined, insecure: boolean }} values
 */
export function trust({ ca, insecure }) {
  return { rejectUnauthorized: !insecure, ...(ca !== undefined && { ca: certificates(ca) }) };
}

/**
 * What `--proxy` means for a connection: options of `connect`.
 * @param {string | undefined} text
 * @returns {Promise<{ proxy?: string | true, agent?: any }>}
 */
export async function through(text) {
  if (text === undefined) return {};
  if (text === 'env') return { proxy: true };
  const whole = text.includes('://') ? text : `http://${text}`;
  const { protocol, host } = URL.canParse(whole) ? new URL(whole) : { protocol: '', host: '' };
  if (/^socks[45]?[ah]?:$/.test(protocol) && host) return { agent: await socksAgent(whole) };
  if (/^https?:$/.test(protocol)) return { proxy: whole };
  throw new UsageError(
    `--proxy is ${JSON.stringify(withoutSecrets(text))}; write it like http://user:password@127.0.0.1:3128 or socks5://127.0.0.1:1080, or env for what HTTPS_PROXY and NO_PROXY say.`,
  );
}

/**
 * There is a package for SOCKS that is kept well, and few need it: it is theirs to install.
 * @param {string} url
 */
async function socksAgent(url) {
  const name = 'socks-proxy-agent';
  const found = await import(name).catch(() => undefined);
  if (found) return new found.SocksProxyAgent(url);
  throw new Failure(
    `--proxy: SOCKS needs the package ${name} beside this one: npm install ${name}, or npx -p ws4wasm -p ${name} ws4wasm …`,
  );
}

/** @param {string} file */
function certificates(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Failure(`--ca: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * The server's address. Without a scheme it is ws://.
 * @param {string} text
 * @returns {URL | undefined} undefined when it is none
 */
export function url(text) {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `ws://${text}`;
  return URL.canParse(whole) ? new URL(whole) : undefined;
}

/**
 * Bytes that are spelled in hex, with or without spaces.
 * @param {string} text
 * @param {string} name
 */
export function fromHex(text, name) {
  const digits = text.replace(/\s+/g, '');
  if (/^([0-9a-f]{2})*$/i.test(digits)) return Buffer.from(digits, 'hex');
  throw new UsageError(
    `${name}: write each byte as two hex digits, for example 48 65 6c 6c 6f`,
  );
}

/**
 * What `--header 'NAME: VALUE'` gives.
 * @param {string} line
 * @returns {[string, string]}
 */
export function header(line) {
  const colon = line.indexOf(':');
  if (colon < 1) {
    throw new UsageError(`--header ${JSON.stringify(line)}: write it as 'Name: value'.`);
  }
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}
