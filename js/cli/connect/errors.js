// Why there is no connection, and what to do.
import { HandshakeError } from '../../base/exceptions.js';
import { Failure } from '../base/failure.js';

/** Bytes of the body of a refusal that are shown. */
const SHOWN = 300;

/** What is wrong with a certificate, by OpenSSL's and Node's names. */
const UNTRUSTED =
  /^(DEPTH_ZERO_)?SELF_SIGNED_CERT|^UNABLE_TO_|^CERT_(?!HAS_EXPIRED)|^ERR_TLS_CERT_ALTNAME/;

/**
 * @param {any} error of `connect`
 * @param {string} url
 */
export function explained(error, url) {
  const { host, hostname, protocol } = new URL(url);
  if (error instanceof HandshakeError) return refused(error, host);
  // Both addresses of a name may have failed.
  const { code = '', message } = error.errors?.[0] ?? error;
  if (code === 'ECONNREFUSED') {
    return new Failure(
      `Nothing listens at ${host}. Is the server running, and is that its port? \`ws4wasm serve\` starts one here.`,
    );
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new Failure(`There is no host ${hostname}, or no network to ask for it.`);
  }
  if (UNTRUSTED.test(code)) {
    return new Failure(
      `The certificate of ${host} is not trusted (${message}). Give its issuer with --ca FILE; --insecure trusts anybody.`,
    );
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return new Failure(
      `The certificate of ${host} has expired. --insecure connects all the same.`,
    );
  }
  if (code === 'EPROTO' || /^ERR_SSL/.test(code)) {
    return new Failure(`${host} does not speak TLS here. Is it ws:// perhaps?`);
  }
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return new Failure(
      `${host} cannot be reached (${code}). Check the address and the network.`,
    );
  }
  const tls = protocol === 'ws:' && /before its answer/.test(message);
  return new Failure(
    `No connection to ${host}: ${message}.${tls ? ' Is it wss:// perhaps?' : ''}`,
  );
}

/**
 * @param {HandshakeError} error
 * @param {string} host
 */
function refused({ status, response, message }, host) {
  if (!response) return new Failure(`No WebSocket at ${host}: ${message}.`);
  if (/^The proxy /.test(message)) {
    return new Failure(
      status === 407 ? `${message} It wants --proxy http://USER:PASSWORD@…` : message,
    );
  }
  const body = Buffer.from(response.body ?? '').toString('utf8', 0, SHOWN);
  const location = response.headers.get('location');
  const hint = location
    ? `It leads to ${location}: --max-redirects 1 follows.`
    : (hints[status] ?? '');
  return new Failure(`The server refused with status ${status}. ${hint}`.trim(), {
    more: body.trim() ? [`It says: ${body.trim()}`] : [],
  });
}

/** @type {Record<number, string>} */
const hints = {
  200: 'It answered as to a plain request: there is no WebSocket at this path.',
  400: 'It did not like the request: a header, a cookie or a subprotocol may be missing.',
  401: 'It wants to know who you are: --auth USER:PASSWORD, or -H for a token.',
  403: 'It does not let you in: perhaps it wants another --origin or a token.',
  404: 'There is no WebSocket at this path.',
  426: 'It speaks another version of the protocol, or wants TLS (wss://).',
};
