// Who may connect: the Origin rule and the user's own.
import * as check from '../base/arguments.js';
import { HandshakeError } from '../base/exceptions.js';

/**
 * What the handshake is to be answered with.
 * @typedef {object} Decision
 * @property {number} [status] a refusal
 * @property {import('../index.js').HandshakeHeaders} [headers]
 * @property {string | Uint8Array} [body]
 * @property {string} [protocol]
 */

/**
 * @param {import('../index.js').HandshakeRequest} request
 * @param {{ origins?: unknown, verify?: unknown }} options
 * @returns {Promise<Decision>}
 */
export async function decide(request, { origins, verify }) {
  if (origins !== undefined && !originAllowed(request, origins)) {
    return { status: 403, body: 'This origin may not connect.' };
  }
  if (verify === undefined) return {};
  if (typeof verify !== 'function') throw check.wrongType('verify', verify, 'a function');
  const verdict = await verdictOf(verify, request);
  if (verdict === undefined || verdict === true) return {};
  if (verdict === false) return { status: 403, body: 'This connection is not allowed.' };
  if (typeof verdict === 'number')
    return { status: check.integer(verdict, "verify's result", 200, 599) };
  return /** @type {Decision} */ (check.options(verdict, "verify's result"));
}

/**
 * A HandshakeError is a way to refuse too; any other error is a fault.
 * @param {Function} verify
 * @param {import('../index.js').HandshakeRequest} request
 */
async function verdictOf(verify, request) {
  try {
    return await verify(request);
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    return { status: error.status, body: error.message };
  }
}

/**
 * Browsers send the page's origin (RFC 6455 section 10.2). A client that is no browser sends
 * none and could lie: origins keep foreign pages out, not foreign programs.
 * @param {import('../index.js').HandshakeRequest} request
 * @param {unknown} origins
 */
function originAllowed({ headers }, origins) {
  const origin = headers.get('origin');
  if (origin === null) return true;
  if (origins === 'same') {
    if (!URL.canParse(origin)) return false;
    const { protocol, host } = new URL(origin);
    // The same scheme on both sides, so that its default port may be named or not.
    const own = `${protocol}//${headers.get('host')}`;
    return URL.canParse(own) && new URL(own).host === host;
  }
  if (!Array.isArray(origins))
    throw check.wrongType('origins', origins, "an array of origins or 'same'");
  return origins.includes(origin);
}
