// Header fields, as Node has read them: names and values in turn.

/**
 * Those that belong to one connection (RFC 9110 section 7.6.1), beside what Connection names.
 * HTTP2-Settings is of RFC 7540 section 3.2.1.
 */
const ONE_HOP = [
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

/**
 * What is for the other end. Of HTTP/2's pseudo-header fields, which begin with a colon, nothing is.
 * @param {readonly string[]} raw
 * @returns {string[]}
 */
export function endToEnd(raw) {
  const hop = new Set(ONE_HOP);
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i].toLowerCase() !== 'connection') continue;
    for (const name of raw[i + 1].split(',')) hop.add(name.trim().toLowerCase());
  }
  return raw.filter((_, i) => {
    const name = raw[i - (i % 2)];
    return !name.startsWith(':') && !hop.has(name.toLowerCase());
  });
}

/**
 * Fields by their lower-case names, each with its name as it came first, and all of its values.
 * @param {readonly string[]} raw
 * @returns {Map<string, { name: string, values: string[] }>}
 */
export function grouped(raw) {
  const fields = new Map();
  for (let i = 0; i < raw.length; i += 2) {
    const key = raw[i].toLowerCase();
    const field = fields.get(key);
    if (field) field.values.push(raw[i + 1]);
    else fields.set(key, { name: raw[i], values: [raw[i + 1]] });
  }
  return fields;
}
