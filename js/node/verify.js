// Who may connect: the rule about origins, and the user's own.
import * as check from '../base/arguments.js';
import { HandshakeError } from '../base/exceptions.js';
import { originAllowed } from './origins.js';

/**
 * What the handshake is to be answered with.
 * @typedef {object} Decision
 * @property {number} [status] a refusal
 * @property {import('../index.js').HandshakeHeaders} [headers]
 * @property {string | Uint8Array} [body]
 * @property {string} [protocol]
 * @property {'origin'} [reason] whose refusal it is, when it is not that of `verify`
 */

const REFUSAL = ['status', 'headers', 'body'];
const ACCEPTANCE = ['headers', 'protocol'];

const ALLOWED =
  'true to accept, false or a status to refuse, { status, headers, body } to refuse, or { headers, protocol } to accept';

/**
 * Whether to go on. It fails closed: what is not said to be an acceptance throws.
 * @param {import('../node.js').ServerRequest} request
 * @param {{ origins?: unknown, verify?: Function }} options
 * @returns {Promise<Decision>}
 */
export async function decide(request, { origins, verify }) {
  if (!(await originAllowed(request, origins))) {
    return { status: 403, body: 'This origin may not connect.', reason: 'origin' };
  }
  if (verify === undefined) return {};
  const verdict = await verdictOf(verify, request);
  if (verdict === true) return {};
  if (verdict === false) return { status: 403, body: 'This connection is not allowed.' };
  if (typeof verdict === 'number') return { status: statusOf(verdict) };
  return decisionOf(verdict);
}

/** @param {unknown} value */
const statusOf = (value) => check.integer(value, "the status that 'verify' gave", 200, 599);

/**
 * A HandshakeError is a way to refuse too; any other error is a fault.
 * @param {Function} verify
 * @param {import('../node.js').ServerRequest} request
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
 * Nothing that only happens to be an object, such as a user's record or an error, may pass for
 * an acceptance.
 * @param {unknown} verdict
 * @returns {Decision}
 */
function decisionOf(verdict) {
  const names = isPlain(verdict) ? Object.keys(verdict) : [];
  const refuses = names.includes('status');
  const known = refuses ? REFUSAL : ACCEPTANCE;
  const strange = names.find((name) => !known.includes(name));
  if (!names.length || strange) {
    const what = strange ? `what 'verify' gave, with '${strange}',` : "what 'verify' gave";
    throw check.wrongType(what, verdict, ALLOWED);
  }
  const decision = /** @type {Decision} */ (verdict);
  return refuses ? { ...decision, status: statusOf(decision.status) } : decision;
}

/**
 * An object literal, of whatever realm.
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isPlain(value) {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
