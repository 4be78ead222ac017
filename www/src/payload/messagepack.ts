import { decodeMulti, ExtensionCodec } from '@msgpack/msgpack';
import { Extension } from './tree.ts';

/** Timestamps are decoded as such; other extensions are shown with their number. */
const codec = new ExtensionCodec();
for (let type = -128; type < 128; type++) {
  if (type === -1) continue;
  codec.register({
    type,
    encode: () => null,
    decode: (bytes: Uint8Array) => new Extension(`ext ${type}`, 'data', bytes.slice()),
  });
}

/** All values of a payload, one after the other. */
export const messagePack = (bytes: Uint8Array): unknown[] => [
  ...decodeMulti(bytes, {
    extensionCodec: codec,
    useBigInt64: true,
    mapKeyConverter: (key: unknown) => (typeof key === 'string' ? key : String(key)),
  } as object),
];
