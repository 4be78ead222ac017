// Numbers, times and bytes as people read them.

const grouped = new Intl.NumberFormat('en');

export const count = (n: number) => grouped.format(n);

export const plural = (n: number, one: string, many = `${one}s`) =>
  `${count(n)} ${n === 1 ? one : many}`;

/** '2 errors, 1 warning'; what there is none of is not told of. */
export const issues = (errors: number, warnings: number) =>
  [errors && plural(errors, 'error'), warnings && plural(warnings, 'warning')]
    .filter(Boolean)
    .join(', ') || 'no errors';

export function size(bytes: number) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[unit]}`;
}

/** A time since the start, to the microsecond where there is one. */
export const since = (ms: number) => (ms / 1000).toFixed(6).replace(/(\d{3})$/, '\u2009$1');

const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');

/** The time of day, of the place where it is read, from milliseconds since 1970. */
export function clock(ms: number) {
  const date = new Date(ms);
  const micros = Math.floor((ms % 1000) * 1000);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => pad(n));
  return `${time.join(':')}.${pad(micros, 6).replace(/(\d{3})$/, '\u2009$1')}`;
}

export const day = (ms: number) => {
  const date = new Date(ms);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
};

export function duration(ms: number) {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

export const byte = (value: number) => value.toString(16).padStart(2, '0');

export const hex = (bytes: Uint8Array, gap = ' ') => Array.from(bytes, byte).join(gap);

/** What a hex view shows in its column of characters. */
export const character = (value: number) =>
  value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : '·';

export const sides = { c2s: 'client to server', s2c: 'server to client' } as const;
export const arrows = { c2s: '→', s2c: '←' } as const;

/** An RFC's section as a link's address; '5.2' of RFC 6455 unless it says which. */
export function sectionUrl(rfc: string, section: string) {
  const number = /(\d{4})/.exec(rfc)?.[1] ?? '6455';
  return `https://www.rfc-editor.org/rfc/rfc${number}.html#section-${section}`;
}
