// Answers of the proxy's own.
import { STATUS_CODES } from 'node:http';

/** How long a client may take to go after one, in milliseconds. */
const PATIENCE = 10_000;

/**
 * @param {number} status
 * @param {string} why
 */
export function replyOf(status, why) {
  const body = Buffer.from(`${why}\n`);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

/**
 * The last that a client hears.
 * @param {import('node:net').Socket} client
 * @param {Buffer} reply
 */
export function sayGoodbye(client, reply) {
  // What still comes is thrown away: left unread it would make the system send a reset.
  client.resume();
  client.end(reply);
  client.setTimeout(PATIENCE, () => client.destroy());
}
