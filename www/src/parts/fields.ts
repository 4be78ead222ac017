// Fields of the selected frame: where they lie, what they are called in colours, what is lit.
import type { Field, FrameDetail } from 'ws4wasm/inspect';
import { type Lit, lit } from '../state/store.ts';

export type Part = 'bits' | 'length' | 'key' | 'payload' | 'code';

export function partOf({ name }: Field): Part {
  if (/^(FIN|RSV\d|opcode)$/i.test(name)) return 'bits';
  if (/mask(ing)?-?key/i.test(name)) return 'key';
  if (/mask|len/i.test(name)) return 'length';
  if (/code/i.test(name)) return 'code';
  return 'payload';
}

/** The bytes of a field, as offsets in the stream. */
export function bytesOf(detail: FrameDetail, field: Field): Lit {
  const from = Math.floor(field.bit / 8);
  const to = Math.ceil((field.bit + field.bits) / 8);
  return { offset: detail.offset + from, length: Math.max(1, to - from), field: field.name };
}

/** Whether a field is lit, by itself or because one of its bytes is. */
export function isLit(detail: FrameDetail, field: Field, now: Lit | undefined) {
  if (!now) return false;
  if (now.field !== undefined) return now.field === field.name;
  const { offset, length } = bytesOf(detail, field);
  return now.offset < offset + length && offset < now.offset + now.length;
}

export const lightField = (detail: FrameDetail, field: Field) => {
  lit.value = bytesOf(detail, field);
};

/** The last of several wins: what is inside of a payload lies over it. */
export const fieldAt = (fields: Field[], bit: number) =>
  fields.findLast((field) => bit >= field.bit && bit < field.bit + field.bits);
