/* tslint:disable */
/* eslint-disable */

/**
 * The client's side.
 */
export class RawClientHandshake {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * What to ask for. Throws a string that says what may not be asked.
     */
    constructor(host: string, target: string, protocols: string[], headers: string[], max_header_size: number, max_headers: number, deflate?: number | null);
    /**
     * The response when it is complete, else undefined. Throws a refusal.
     */
    receive(bytes: Uint8Array | number[]): any;
    /**
     * The bytes to send first.
     */
    request(): Uint8Array;
    /**
     * What came after the response's head.
     */
    rest(): Uint8Array;
}

/**
 * The server's side.
 */
export class RawServerHandshake {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The reply that opens the WebSocket, with permessage-deflate if it is wanted and was
     * offered. Throws a string that says what may not be in it.
     */
    accept(protocol: string | null | undefined, headers: string[], deflate?: number | null): Uint8Array;
    /**
     * The permessage-deflate that was agreed on.
     */
    agreed(): number | undefined;
    /**
     * The same as in the reply.
     */
    extensions(): string | undefined;
    /**
     * Limits of the request's head.
     */
    constructor(max_header_size: number, max_headers: number);
    /**
     * The request when it is complete, else undefined. Throws a refusal.
     */
    receive(bytes: Uint8Array | number[]): any;
    /**
     * What came after the request's head.
     */
    rest(): Uint8Array;
}

/**
 * The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key.
 */
export function acceptKey(key: string): string;

/**
 * Whether a close frame may carry `code`.
 */
export function close_code_is_sendable(code: number): boolean;

/**
 * Decodes the UTF-8, known to be right, that stands at the start of the output region. Returns
 * how many units there are in the second half of the UTF-16 region, or -1 when it is ASCII
 * and can be taken as it is. The first half may still be read for other records.
 */
export function decode_gathered(length: number): number;

/**
 * What the first panic said, if it was one that stopped this instance.
 */
export function failure(): string | undefined;

/**
 * Like [`stream_begin`](super::send::stream_begin), of no stream; see [`frame_encode`].
 */
export function frame_begin(first: number, masking: number, key: number, length: number): number;

/**
 * Like [`stream_encode`](super::send::stream_encode), of no stream: `first` is the frame's first
 * byte; `masking` is [`UNMASKED`], [`FRESH_KEY`], or [`GIVEN_KEY`](super::contract::GIVEN_KEY) for
 * `key` (little-endian).
 */
export function frame_encode(first: number, masking: number, key: number, length: number): number;

/**
 * Reads a header from the first `length` bytes of the input region. Returns its length, with
 * the first two bytes, the payload length (low, high) and the key in `status`; or minus the
 * number of bytes that are needed; or 0 for a fault.
 */
export function header_parse(length: number): number;

/**
 * Where the regions are: input and its size, records, arena, the halves of
 * UTF-16, output, the table of messages and its size, status. A run of ASCII texts of `text_run`
 * bytes may always become one string. Text that is not ASCII becomes UTF-16, unless the platform
 * `takes_utf8`.
 */
export function layout(text_run: number, takes_utf8: boolean): Uint32Array;

/**
 * Masks the next `length` bytes of a frame that was begun; they are at the start of the
 * output region.
 */
export function mask_next(length: number): void;

/**
 * Sets the key for [`mask_next`] without a frame.
 */
export function mask_with(key: number): void;

/**
 * Notes what a panic says. The trap that follows tells nobody why.
 */
export function note_panics(): void;

/**
 * Whether an opcode is one of those that RFC 6455 section 5.2 defines.
 */
export function opcode_is_defined(opcode: number): boolean;

/**
 * An HTTP answer that does not open a WebSocket.
 */
export function rejectReply(status: number, headers: string[], body: Uint8Array | number[]): Uint8Array;

/**
 * The first of the offered protocols that is supported.
 */
export function selectProtocol(offered: string[], supported: string[]): string | undefined;

/**
 * Begins a frame whose payload is more than a region holds, or goes out as it is: writes the
 * header at the start of the output region and returns its length, or why there is none. 0
 * when the payload belongs to a compressed message and is not `compressed` yet: it goes through
 * [`stream_deflate`] first. When `status[0]` is not 0 the payload goes through [`mask_next`].
 *
 * [`mask_next`]: super::frame::mask_next
 */
export function stream_begin(stream: number, frame: number, length: number, compressed: boolean): number;

/**
 * Our close message was handed out: nothing may be sent after it.
 */
export function stream_close(stream: number): void;

/**
 * Compresses the piece of a payload that stands in the output region behind the room for a
 * header, and puts the result in its place. Returns its length. `last`: no more of the
 * message follows.
 */
export function stream_deflate(stream: number, length: number, last: boolean): number;

/**
 * Makes a frame of the payload that stands in the output region behind the room for a
 * header. Returns where the frame begins, or why there is none; `status[0]` is the length of
 * its payload, which may be compressed.
 */
export function stream_encode(stream: number, frame: number, length: number): number;

/**
 * The peer broke a rule, and our side knows: nothing but a close message may be sent.
 */
export function stream_fail(stream: number): void;

/**
 * Makes the frames of `count` messages of one stream, side by side. The table says what each is
 * and how long; their payloads stand in the output region behind the room for a header, one after
 * the other. Returns the length of all the frames; `status` is how many were made, where they are,
 * and why the next one was not, or 0.
 */
export function stream_frames(stream: number, count: number): number;

/**
 * Lets a stream go.
 */
export function stream_free(stream: number): void;

/**
 * How many bytes came after the end.
 */
export function stream_ignored(stream: number): number;

/**
 * Whether messages may no longer be sent.
 */
export function stream_is_closed(stream: number): boolean;

/**
 * Makes a stream; JavaScript has checked and completed the options. A limit of Infinity
 * becomes the largest number there is. The rules are bits: serde would do for options as well,
 * but its readers bring the printing of floats along, 9 KB of the compressed module.
 */
export function stream_new(rules: number, max_frame_size: number, max_message_size: number, max_fragments: number): number;

/**
 * Decodes `length` bytes of the input region from `offset`; `beyond` more follow them that are
 * not there. Returns the number of records; `status[0]` is how many bytes were taken.
 */
export function stream_receive(stream: number, offset: number, length: number, beyond: number): number;

/**
 * Lets the shared states of zlib go that a stream has used.
 */
export function stream_release(stream: number): void;

/**
 * Whether outgoing frames are masked; false when a frame has gone out already.
 */
export function stream_set_always_mask(stream: number, mask: boolean): boolean;

/**
 * Gives a new stream permessage-deflate. A level, memory level or threshold of
 * [`DEFLATE_DEFAULT`](super::contract::DEFLATE_DEFAULT) is left to [`Compression`].
 */
export function stream_set_deflate(stream: number, client: boolean, agreed: number, level: number, mem_level: number, threshold: number): void;

/**
 * Whether incoming frames must be masked; false when bytes have come already.
 */
export function stream_set_expect_masking(stream: number, expect: boolean): boolean;

/**
 * How many bytes complete what is under way.
 */
export function stream_wants(stream: number): number;

/**
 * The fault behind the last call that reported one.
 *
 * A result, which has several values: V8 11 (Node 20) aborts the process when optimised code is
 * thrown away while it waits for a call whose one value is a reference. A test looks at all
 * exports.
 */
export function take_error(): any;

/**
 * One byte. Returns the new state; `status[0]` is the code point so far.
 */
export function utf8_decode(state: number, codepoint: number, byte: number): number;

/**
 * The table of the automaton.
 */
export function utf8_dfa(): Uint8Array;

/**
 * The first `length` bytes of the input region. Returns the index of the bad byte, or
 * `length`; `status[0]` is the new state.
 */
export function utf8_validate(state: number, length: number): number;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_rawclienthandshake_free: (a: number, b: number) => void;
    readonly __wbg_rawserverhandshake_free: (a: number, b: number) => void;
    readonly acceptKey: (a: number, b: number) => [number, number];
    readonly close_code_is_sendable: (a: number) => number;
    readonly decode_gathered: (a: number) => number;
    readonly failure: () => [number, number];
    readonly frame_begin: (a: number, b: number, c: number, d: number) => number;
    readonly frame_encode: (a: number, b: number, c: number, d: number) => number;
    readonly header_parse: (a: number) => number;
    readonly layout: (a: number, b: number) => [number, number];
    readonly mask_next: (a: number) => void;
    readonly mask_with: (a: number) => void;
    readonly note_panics: () => void;
    readonly opcode_is_defined: (a: number) => number;
    readonly rawclienthandshake_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number) => [number, number, number];
    readonly rawclienthandshake_receive: (a: number, b: number, c: number) => [number, number, number];
    readonly rawclienthandshake_request: (a: number) => [number, number];
    readonly rawclienthandshake_rest: (a: number) => [number, number];
    readonly rawserverhandshake_accept: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly rawserverhandshake_agreed: (a: number) => number;
    readonly rawserverhandshake_extensions: (a: number) => [number, number];
    readonly rawserverhandshake_new: (a: number, b: number) => number;
    readonly rawserverhandshake_receive: (a: number, b: number, c: number) => [number, number, number];
    readonly rawserverhandshake_rest: (a: number) => [number, number];
    readonly rejectReply: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly selectProtocol: (a: number, b: number, c: number, d: number) => [number, number];
    readonly stream_begin: (a: number, b: number, c: number, d: number) => number;
    readonly stream_close: (a: number) => void;
    readonly stream_deflate: (a: number, b: number, c: number) => number;
    readonly stream_encode: (a: number, b: number, c: number) => number;
    readonly stream_fail: (a: number) => void;
    readonly stream_frames: (a: number, b: number) => number;
    readonly stream_free: (a: number) => void;
    readonly stream_ignored: (a: number) => number;
    readonly stream_is_closed: (a: number) => number;
    readonly stream_new: (a: number, b: number, c: number, d: number) => number;
    readonly stream_receive: (a: number, b: number, c: number, d: number) => number;
    readonly stream_release: (a: number) => void;
    readonly stream_set_always_mask: (a: number, b: number) => number;
    readonly stream_set_deflate: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly stream_set_expect_masking: (a: number, b: number) => number;
    readonly stream_wants: (a: number) => number;
    readonly take_error: () => [number, number, number];
    readonly utf8_decode: (a: number, b: number, c: number) => number;
    readonly utf8_dfa: () => [number, number];
    readonly utf8_validate: (a: number, b: number) => number;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __externref_drop_slice: (a: number, b: number) => void;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
