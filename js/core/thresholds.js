// From how many bytes on something is done otherwise while messages are read. Each was measured;
// what is on the one side of it costs less there.

/**
 * A chunk that seems to hold large binary messages that can stay in it is shown to the engine
 * this far at first.
 */
export const GLANCE = 1024;

/** Compressed input is shown to the engine this far at a time; what did not fit is shown again. */
export const STEP = 4096;

/** A piece of a binary message is kept where it lies in the chunk from here on. */
export const KEPT_PIECE = 4096;

/** So is a shorter one that alone came with it, if it keeps no more than so many times of it alive. */
export const KEPT_SHARE = 8;

/** All of a binary message's memory is taken before all has come, up to this length. */
export const FORESEEN = 32 * 1024;

/** The first half of a text that was cut in two becomes a string of its own from here on. */
export const HALF_TEXT = 64;

/** A piece of ASCII in a text of many pieces becomes a string of its own from here on. */
export const TEXT_PIECE = 4096;

/** Up to this many bytes are copied one by one, where a view on them would have to be made. */
export const FEW = 32;

/** The same where there is one: then a call of the platform's takes as long as some ten bytes. */
export const TINY = 8;

/**
 * When a long binary frame comes in pieces as short as that, up to this many bytes of it are held before
 * the engine sees them. Fewer than a piece that is kept where it lies.
 */
export const HELD = 2048;

/** Holding is worth its trouble when this number of pieces is to come. */
export const HELD_PIECES = 8;

/** Small pieces are gathered in blocks, which grow from the one to the other. */
export const FIRST_BLOCK = 512;
export const BLOCK = 64 * 1024;

/** When a block needs this much, a whole one that is not in use is taken, if there is one. */
export const SPARE_BLOCK = 4096;

/** Blocks that are not in use are kept up to this many. */
export const MOST_SPARE = 16;

/** Messages that were cut once or twice share memory up to this length. */
export const SHARED_WHOLE = BLOCK / 4;
