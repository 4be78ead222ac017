// Addresses without what must not be seen by whoever looks at a terminal or a log.

/**
 * A URL, or the target of a request, as it may be shown: its path is there, and the names in its
 * query; user, password and all values of the query are left out, for tokens are there.
 * @param {string} text
 */
export function withoutSecrets(text) {
  const [before, ...rest] = text.split('?');
  const shown = before.replace(/\/\/[^/@]*@/, '//…@');
  if (rest.length === 0) return shown;
  const fields = rest.join('?').split('&');
  const names = fields.map((field) => `${/^[\w.[\]-]{1,40}=/.exec(field)?.[0] ?? ''}…`);
  return `${shown}?${names.join('&')}`;
}
