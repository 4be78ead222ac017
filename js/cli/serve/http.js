// The answer to a plain HTTP request, as bytes.
import { STATUS_CODES } from 'node:http';

/**
 * Undefined when the request is not one for a page; then the error's own reply is right.
 * @param {import('../../index.js').HandshakeError} error
 * @param {import('../page/site.js').Site} site
 */
export async function answer({ request, status: refusal }, site) {
  if (!request || refusal === 400 || request.headers.has('upgrade')) return undefined;
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  const { status, fields, body } = await site.answer(request);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ];
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
  return { status, bytes: request.method === 'HEAD' ? bytes : Buffer.concat([bytes, body]) };
}
