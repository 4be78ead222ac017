// Heads of HTTP that Node has read, as the bytes that they were, so that the engine judges them.

/**
 * @typedef {Record<string, string | readonly string[] | undefined>} Fields
 * @param {string} line the first
 * @param {readonly string[] | undefined} rawHeaders names and values in turn; requests that frameworks
 *   make up have none
 * @param {Fields} headers for those
 */
export function headOf(line, rawHeaders, headers) {
  let head = `${line}\r\n`;
  if (rawHeaders) {
    for (let i = 0; i < rawHeaders.length; i += 2) {
      head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
    }
  } else {
    for (const name of Object.keys(headers)) head += linesOf(name, headers[name]);
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}

/**
 * @param {string} name
 * @param {string | readonly string[] | undefined} value
 */
function linesOf(name, value) {
  if (value === undefined || value === null) return '';
  if (!Array.isArray(value)) return `${name}: ${value}\r\n`;
  return value.map((one) => `${name}: ${one}\r\n`).join('');
}
