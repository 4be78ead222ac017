// What both parts of the page use.

/**
 * The element with this id, which is of this class.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`no ${type.name} with the id ${id}`);
}

/**
 * A new element. Text goes in as text, never as HTML: it is a peer's.
 * @param {string} tag
 * @param {string} className
 * @param {...(string | Node)} content
 */
export function make(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** @param {Uint8Array} bytes */
export const hex = (bytes) =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(' ');

/** @param {string} text */
export function unhex(text) {
  const digits = text.replace(/0x|[\s,]/gi, '');
  if (/[^\da-f]/i.test(digits)) throw new Error('Hex has the digits 0 to 9 and a to f only.');
  if (digits.length % 2) throw new Error('Hex needs two digits for each byte.');
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

const LONGEST_SHOWN = 512;

/**
 * A message's content, cut where it is long.
 * @param {string | Uint8Array} data
 */
export function shown(data) {
  const cut = data.length > LONGEST_SHOWN ? ' …' : '';
  const head = data.slice(0, LONGEST_SHOWN);
  return (typeof head === 'string' ? head : hex(head)) + cut;
}
