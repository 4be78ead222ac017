// What the first word of a record says (src/stream/batch.rs): its kind in the lowest byte, flags
// in the next.
export const DATA = 0;
export const CLOSE = 1;
export const PING = 2;
export const PONG = 3;
export const FRAME = 4;
export const TEXT = 1 << 8;
export const FIRST = 2 << 8;
export const LAST = 4 << 8;
export const ASCII = 8 << 8;
export const INPUT = 16 << 8;
export const UTF16 = 32 << 8;
export const MASKED = 64 << 8;
export const WHOLE = FIRST | LAST;

/** Words of a record. */
export const WORDS = 5;
