// A link to what is shown: the sample's name, or the bytes themselves when they are few (without
// passwords, cookies and tokens), and the filter and the frame. All of it is in the URL's fragment, which browsers do not send.
import type { ViewKind } from '../worker/api.ts';
import type { Origin } from './store.ts';

/** Captures up to here go into links. */
export const MOST_BYTES = 16 * 1024;

export interface Link {
  sample?: string;
  bytes?: Uint8Array;
  name?: string;
  live?: boolean;
  filter?: string;
  kind?: ViewKind;
  hideHeartbeats?: boolean;
  connection?: number;
  frame?: number;
}

const through = async (bytes: Uint8Array, stream: CompressionStream) =>
  new Uint8Array(
    await new Response(
      new Blob([bytes as BlobPart]).stream().pipeThrough(stream),
    ).arrayBuffer(),
  );

/** Base64 that URLs take as it is (RFC 4648 section 5). */
const toBase64 = (bytes: Uint8Array) =>
  btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const fromBase64 = (text: string) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

/**
 * The fragment, without its #.
 * @param bytes what it is to hold of a capture, without its secrets
 */
export async function write(
  origin: Origin | undefined,
  link: Link,
  bytes: Uint8Array | undefined,
): Promise<string> {
  const fields = new URLSearchParams();
  if (origin?.kind === 'sample') fields.set('sample', origin.name);
  else if (origin?.kind === 'live') fields.set('live', '');
  else if (origin?.kind === 'bytes' && bytes && bytes.length <= MOST_BYTES) {
    fields.set('data', toBase64(await through(bytes, new CompressionStream('deflate-raw'))));
    fields.set('name', origin.name);
  }
  if (link.filter) fields.set('filter', link.filter);
  if (link.kind === 'messages') fields.set('view', 'messages');
  if (link.hideHeartbeats) fields.set('heartbeats', 'hidden');
  if (link.connection !== undefined) fields.set('conn', String(link.connection));
  if (link.frame !== undefined) fields.set('frame', String(link.frame));
  return fields.toString();
}

/** @throws when the data in the link are damaged */
export async function read(fragment: string): Promise<Link> {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const data = fields.get('data');
  const number = (name: string) => {
    const value = fields.get(name);
    return value !== null && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  return {
    sample: fields.get('sample') ?? undefined,
    bytes: data === null ? undefined : await inflated(fromBase64(data)),
    name: fields.get('name') ?? undefined,
    live: fields.has('live'),
    filter: fields.get('filter') ?? undefined,
    kind: fields.get('view') === 'messages' ? 'messages' : 'frames',
    hideHeartbeats: fields.get('heartbeats') === 'hidden',
    connection: number('conn'),
    frame: number('frame'),
  };
}

/** Not more than a link of ours can hold, whatever somebody else put into it. */
async function inflated(bytes: Uint8Array) {
  const reader = new Blob([bytes as BlobPart])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'))
    .getReader();
  const out = new Uint8Array(MOST_BYTES);
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return out.slice(0, length);
    if (length + value.length > MOST_BYTES) throw new Error('The link holds too much.');
    out.set(value, length);
    length += value.length;
  }
}
