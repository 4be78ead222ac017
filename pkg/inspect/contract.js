// Made of crates/inspect/src/wasm/contract.rs by `npm run build`.

/** From the client to the server. */
export const CLIENT_TO_SERVER = 0;
/** From the server to the client. */
export const SERVER_TO_CLIENT = 1;
/** A direction ended in order. */
export const END_FIN = 1;
/** It ended by a reset. */
export const END_RESET = 2;
/** The record of it ends; the connection may go on. */
export const END_CUT = 3;
/** Bytes of a frame as they came, header and all. */
export const BYTES_WIRE = 0;
/** Its payload. */
export const BYTES_UNMASKED = 1;
/** What its compressed payload became. */
export const BYTES_INFLATED = 2;
/** The whole message. */
export const BYTES_MESSAGE = 3;
/** Memory that grows with the input where no limit is given, in bytes. */
export const DEFAULT_MEMORY_LIMIT = 1073741824;
