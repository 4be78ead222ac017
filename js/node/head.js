// Heads of HTTP that Node has read, as the bytes that they were, so that the engine judges them.

/**
 * @typedef {Record<string, string | readonly string[] | undefined>} Fields
 * @param {string} line the first
 * @param {readonly string[] | undefined} rawHeaders names and values in turn; requests that frameworks
 *   make up have none
 * @param {Fields} headers for those
 */
export function headOf(line, rawHeaders, headers) {
  const raw = rawHeaders ?? Object.entries(headers).flatMap(pairsOf);
  let head = `${line}\r\n`;
  for (let i = 0; i < raw.length; i += 2) head += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, 'latin1');
}

/**
 * @param {[string, string | readonly string[] | undefined]} field
 * @returns {string[]}
 */
const pairsOf = ([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]);
