export default function makeGlue() {
/* @ts-self-types="./ws4wasm.d.ts" */

/**
 * The client's side.
 */
class RawClientHandshake {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RawClientHandshakeFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_rawclienthandshake_free(ptr, 0);
    }
    /**
     * What to ask for. Throws a string that says what may not be asked.
     * @param {string} host
     * @param {string} target
     * @param {string[]} protocols
     * @param {string[]} headers
     * @param {number} max_header_size
     * @param {number} max_headers
     * @param {number | null} [deflate]
     */
    constructor(host, target, protocols, headers, max_header_size, max_headers, deflate) {
        const val5 = +max_header_size;
        const val6 = +max_headers;
        const val7 = +(isLikeNone(deflate) ? Number.MAX_SAFE_INTEGER : (deflate) >>> 0);
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3;
        try {
            ptr0 = passStringToWasm0(host, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(target, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArrayJsValueToWasm0(protocols, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passArrayJsValueToWasm0(headers, wasm.__wbindgen_malloc);
            len3 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr3) { wasm.__externref_drop_slice(ptr3, len3); wasm.__wbindgen_free(ptr3, len3 * 4, 4); }
            if (ptr2) { wasm.__externref_drop_slice(ptr2, len2); wasm.__wbindgen_free(ptr2, len2 * 4, 4); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.rawclienthandshake_new(ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, val5, val6, val7);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        RawClientHandshakeFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The response when it is complete, else undefined. Throws a refusal.
     * @param {Uint8Array | number[]} bytes
     * @returns {any}
     */
    receive(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.rawclienthandshake_receive(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The bytes to send first.
     * @returns {Uint8Array}
     */
    request() {
        const ret = wasm.rawclienthandshake_request(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
    /**
     * What came after the response's head.
     * @returns {Uint8Array}
     */
    rest() {
        const ret = wasm.rawclienthandshake_rest(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
}
if (Symbol.dispose) RawClientHandshake.prototype[Symbol.dispose] = RawClientHandshake.prototype.free;

/**
 * The server's side.
 */
class RawServerHandshake {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RawServerHandshakeFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_rawserverhandshake_free(ptr, 0);
    }
    /**
     * The reply that opens the WebSocket, with permessage-deflate if it is wanted and was
     * offered. Throws a string that says what may not be in it.
     * @param {string | null | undefined} protocol
     * @param {string[]} headers
     * @param {number | null} [deflate]
     * @returns {Uint8Array}
     */
    accept(protocol, headers, deflate) {
        const val3 = +(isLikeNone(deflate) ? Number.MAX_SAFE_INTEGER : (deflate) >>> 0);
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = isLikeNone(protocol) ? 0 : passStringToWasm0(protocol, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArrayJsValueToWasm0(headers, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__externref_drop_slice(ptr1, len1); wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.rawserverhandshake_accept(this.__wbg_ptr, ptr0, len0, ptr1, len1, val3);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v4 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v4;
    }
    /**
     * The permessage-deflate that was agreed on.
     * @returns {number | undefined}
     */
    agreed() {
        const ret = wasm.rawserverhandshake_agreed(this.__wbg_ptr);
        return ret === Number.MAX_SAFE_INTEGER ? undefined : ret;
    }
    /**
     * The same as in the reply.
     * @returns {string | undefined}
     */
    extensions() {
        const ret = wasm.rawserverhandshake_extensions(this.__wbg_ptr);
        let v1;
        if (ret[0] !== 0) {
            v1 = getStringFromWasm0(ret[0], ret[1]);
            wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        }
        return v1;
    }
    /**
     * Limits of the request's head.
     * @param {number} max_header_size
     * @param {number} max_headers
     */
    constructor(max_header_size, max_headers) {
        const ret = wasm.rawserverhandshake_new(max_header_size, max_headers);
        this.__wbg_ptr = ret;
        RawServerHandshakeFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The request when it is complete, else undefined. Throws a refusal.
     * @param {Uint8Array | number[]} bytes
     * @returns {any}
     */
    receive(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.rawserverhandshake_receive(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * What came after the request's head.
     * @returns {Uint8Array}
     */
    rest() {
        const ret = wasm.rawserverhandshake_rest(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
}
if (Symbol.dispose) RawServerHandshake.prototype[Symbol.dispose] = RawServerHandshake.prototype.free;

/**
 * The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key.
 * @param {string} key
 * @returns {string}
 */
function acceptKey(key) {
    let deferred2_0;
    let deferred2_1;
    try {
        const ptr0 = passStringToWasm0(key, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.acceptKey(ptr0, len0);
        deferred2_0 = ret[0];
        deferred2_1 = ret[1];
        return getStringFromWasm0(ret[0], ret[1]);
    } finally {
        wasm.__wbindgen_free(deferred2_0, deferred2_1, 1);
    }
}

/**
 * Whether a close frame may carry `code`.
 * @param {number} code
 * @returns {boolean}
 */
function close_code_is_sendable(code) {
    const ret = wasm.close_code_is_sendable(code);
    return ret !== 0;
}

/**
 * Decodes the UTF-8, known to be right, that stands at the start of the output region. Returns
 * how many units there are in the second half of the UTF-16 region, or -1 when it is ASCII
 * and can be taken as it is. The first half may still be read for other records.
 * @param {number} length
 * @returns {number}
 */
function decode_gathered(length) {
    const ret = wasm.decode_gathered(length);
    return ret;
}

/**
 * What the first panic said, if it was one that stopped this instance.
 * @returns {string | undefined}
 */
function failure() {
    const ret = wasm.failure();
    let v1;
    if (ret[0] !== 0) {
        v1 = getStringFromWasm0(ret[0], ret[1]);
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    }
    return v1;
}

/**
 * Like [`stream_begin`](super::send::stream_begin), of no stream; see [`frame_encode`].
 * @param {number} first
 * @param {number} masking
 * @param {number} key
 * @param {number} length
 * @returns {number}
 */
function frame_begin(first, masking, key, length) {
    const ret = wasm.frame_begin(first, masking, key, length);
    return ret;
}

/**
 * Like [`stream_encode`](super::send::stream_encode), of no stream: `first` is the frame's first
 * byte; `masking` is [`UNMASKED`], [`FRESH_KEY`], or [`GIVEN_KEY`](super::contract::GIVEN_KEY) for
 * `key` (little-endian).
 * @param {number} first
 * @param {number} masking
 * @param {number} key
 * @param {number} length
 * @returns {number}
 */
function frame_encode(first, masking, key, length) {
    const ret = wasm.frame_encode(first, masking, key, length);
    return ret;
}

/**
 * Reads a header from the first `length` bytes of the input region. Returns its length, with
 * the first two bytes, the payload length (low, high) and the key in `status`; or minus the
 * number of bytes that are needed; or 0 for a fault.
 * @param {number} length
 * @returns {number}
 */
function header_parse(length) {
    const ret = wasm.header_parse(length);
    return ret;
}

/**
 * Where the regions are: input and its size, records, arena, the halves of
 * UTF-16, output, the table of messages and its size, status. A run of ASCII texts of `text_run`
 * bytes may always become one string. Text that is not ASCII becomes UTF-16, unless the platform
 * `takes_utf8`.
 * @param {number} text_run
 * @param {boolean} takes_utf8
 * @returns {Uint32Array}
 */
function layout(text_run, takes_utf8) {
    const ret = wasm.layout(text_run, takes_utf8);
    var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v1;
}

/**
 * Masks the next `length` bytes of a frame that was begun; they are at the start of the
 * output region.
 * @param {number} length
 */
function mask_next(length) {
    wasm.mask_next(length);
}

/**
 * Sets the key for [`mask_next`] without a frame.
 * @param {number} key
 */
function mask_with(key) {
    wasm.mask_with(key);
}

/**
 * Notes what a panic says. The trap that follows tells nobody why.
 */
function note_panics() {
    wasm.note_panics();
}

/**
 * Whether an opcode is one of those that RFC 6455 section 5.2 defines.
 * @param {number} opcode
 * @returns {boolean}
 */
function opcode_is_defined(opcode) {
    const ret = wasm.opcode_is_defined(opcode);
    return ret !== 0;
}

/**
 * An HTTP answer that does not open a WebSocket.
 * @param {number} status
 * @param {string[]} headers
 * @param {Uint8Array | number[]} body
 * @returns {Uint8Array}
 */
function rejectReply(status, headers, body) {
    const val3 = +status;
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passArrayJsValueToWasm0(headers, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArray8ToWasm0(body, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
        if (ptr0) { wasm.__externref_drop_slice(ptr0, len0); wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
        throw e;
    }
    const ret = wasm.rejectReply(val3, ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v4;
}

/**
 * The first of the offered protocols that is supported.
 * @param {string[]} offered
 * @param {string[]} supported
 * @returns {string | undefined}
 */
function selectProtocol(offered, supported) {
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passArrayJsValueToWasm0(offered, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArrayJsValueToWasm0(supported, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__externref_drop_slice(ptr1, len1); wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
        if (ptr0) { wasm.__externref_drop_slice(ptr0, len0); wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
        throw e;
    }
    const ret = wasm.selectProtocol(ptr0, len0, ptr1, len1);
    let v3;
    if (ret[0] !== 0) {
        v3 = getStringFromWasm0(ret[0], ret[1]);
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    }
    return v3;
}

/**
 * Begins a frame whose payload is more than a region holds, or goes out as it is: writes the
 * header at the start of the output region and returns its length, or why there is none. 0
 * when the payload belongs to a compressed message and is not `compressed` yet: it goes through
 * [`stream_deflate`] first. When `status[0]` is not 0 the payload goes through [`mask_next`].
 *
 * [`mask_next`]: super::frame::mask_next
 * @param {number} stream
 * @param {number} frame
 * @param {number} length
 * @param {boolean} compressed
 * @returns {number}
 */
function stream_begin(stream, frame, length, compressed) {
    const ret = wasm.stream_begin(stream, frame, length, compressed);
    return ret;
}

/**
 * Our close message was handed out: nothing may be sent after it.
 * @param {number} stream
 */
function stream_close(stream) {
    wasm.stream_close(stream);
}

/**
 * Compresses the piece of a payload that stands in the output region behind the room for a
 * header, and puts the result in its place. Returns its length. `last`: no more of the
 * message follows.
 * @param {number} stream
 * @param {number} length
 * @param {boolean} last
 * @returns {number}
 */
function stream_deflate(stream, length, last) {
    const ret = wasm.stream_deflate(stream, length, last);
    return ret >>> 0;
}

/**
 * Makes a frame of the payload that stands in the output region behind the room for a
 * header. Returns where the frame begins, or why there is none; `status[0]` is the length of
 * its payload, which may be compressed.
 * @param {number} stream
 * @param {number} frame
 * @param {number} length
 * @returns {number}
 */
function stream_encode(stream, frame, length) {
    const ret = wasm.stream_encode(stream, frame, length);
    return ret;
}

/**
 * The peer broke a rule, and our side knows: nothing but a close message may be sent.
 * @param {number} stream
 */
function stream_fail(stream) {
    wasm.stream_fail(stream);
}

/**
 * Makes the frames of `count` messages of one stream, side by side. The table says what each is
 * and how long; their payloads stand in the output region behind the room for a header, one after
 * the other. Returns the length of all the frames; `status` is how many were made, where they are,
 * and why the next one was not, or 0.
 * @param {number} stream
 * @param {number} count
 * @returns {number}
 */
function stream_frames(stream, count) {
    const ret = wasm.stream_frames(stream, count);
    return ret >>> 0;
}

/**
 * Lets a stream go.
 * @param {number} stream
 */
function stream_free(stream) {
    wasm.stream_free(stream);
}

/**
 * How many bytes came after the end.
 * @param {number} stream
 * @returns {number}
 */
function stream_ignored(stream) {
    const ret = wasm.stream_ignored(stream);
    return ret;
}

/**
 * Whether messages may no longer be sent.
 * @param {number} stream
 * @returns {boolean}
 */
function stream_is_closed(stream) {
    const ret = wasm.stream_is_closed(stream);
    return ret !== 0;
}

/**
 * Makes a stream; JavaScript has checked and completed the options. A limit of Infinity
 * becomes the largest number there is. The rules are bits: serde would do for options as well,
 * but its readers bring the printing of floats along, 9 KB of the compressed module.
 * @param {number} rules
 * @param {number} max_frame_size
 * @param {number} max_message_size
 * @param {number} max_fragments
 * @returns {number}
 */
function stream_new(rules, max_frame_size, max_message_size, max_fragments) {
    const ret = wasm.stream_new(rules, max_frame_size, max_message_size, max_fragments);
    return ret >>> 0;
}

/**
 * Decodes `length` bytes of the input region from `offset`; `beyond` more follow them that are
 * not there. Returns the number of records; `status[0]` is how many bytes were taken.
 * @param {number} stream
 * @param {number} offset
 * @param {number} length
 * @param {number} beyond
 * @returns {number}
 */
function stream_receive(stream, offset, length, beyond) {
    const ret = wasm.stream_receive(stream, offset, length, beyond);
    return ret >>> 0;
}

/**
 * Lets the shared states of zlib go that a stream has used.
 * @param {number} stream
 */
function stream_release(stream) {
    wasm.stream_release(stream);
}

/**
 * Whether outgoing frames are masked; false when a frame has gone out already.
 * @param {number} stream
 * @param {boolean} mask
 * @returns {boolean}
 */
function stream_set_always_mask(stream, mask) {
    const ret = wasm.stream_set_always_mask(stream, mask);
    return ret !== 0;
}

/**
 * Gives a new stream permessage-deflate. A level, memory level or threshold of
 * [`DEFLATE_DEFAULT`](super::contract::DEFLATE_DEFAULT) is left to [`Compression`].
 * @param {number} stream
 * @param {boolean} client
 * @param {number} agreed
 * @param {number} level
 * @param {number} mem_level
 * @param {number} threshold
 */
function stream_set_deflate(stream, client, agreed, level, mem_level, threshold) {
    wasm.stream_set_deflate(stream, client, agreed, level, mem_level, threshold);
}

/**
 * Whether incoming frames must be masked; false when bytes have come already.
 * @param {number} stream
 * @param {boolean} expect
 * @returns {boolean}
 */
function stream_set_expect_masking(stream, expect) {
    const ret = wasm.stream_set_expect_masking(stream, expect);
    return ret !== 0;
}

/**
 * How many bytes complete what is under way.
 * @param {number} stream
 * @returns {number}
 */
function stream_wants(stream) {
    const ret = wasm.stream_wants(stream);
    return ret;
}

/**
 * The fault behind the last call that reported one.
 *
 * A result, which has several values: V8 11 (Node 20) aborts the process when optimised code is
 * thrown away while it waits for a call whose one value is a reference. A test looks at all
 * exports.
 * @returns {any}
 */
function take_error() {
    const ret = wasm.take_error();
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}

/**
 * One byte. Returns the new state; `status[0]` is the code point so far.
 * @param {number} state
 * @param {number} codepoint
 * @param {number} byte
 * @returns {number}
 */
function utf8_decode(state, codepoint, byte) {
    const ret = wasm.utf8_decode(state, codepoint, byte);
    return ret;
}

/**
 * The table of the automaton.
 * @returns {Uint8Array}
 */
function utf8_dfa() {
    const ret = wasm.utf8_dfa();
    var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v1;
}

/**
 * The first `length` bytes of the input region. Returns the index of the bad byte, or
 * `length`; `status[0]` is the new state.
 * @param {number} state
 * @param {number} length
 * @returns {number}
 */
function utf8_validate(state, length) {
    const ret = wasm.utf8_validate(state, length);
    return ret >>> 0;
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg___wbindgen_string_get_7ce8eee7fd327545: function(arg0, arg1) {
            const obj = arg1;
            const ret = typeof(obj) === 'string' ? obj : undefined;
            var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            var len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg___wbindgen_throw_4c88d8bf264fd984: function(arg0, arg1) {
            throw new Error(getStringFromWasm0(arg0, arg1));
        },
        __wbg_getRandomValues_8b6f1f663e6f188d: function() { return handleError(function (arg0, arg1) {
            globalThis.crypto.getRandomValues(getArrayU8FromWasm0(arg0, arg1));
        }, arguments); },
        __wbg_new_13de428334042d26: function(arg0) {
            const ret = new Uint8Array(arg0);
            return ret;
        },
        __wbg_new_37eb45aaf5eeb820: function() {
            const ret = new Array();
            return ret;
        },
        __wbg_new_cd4348290afae586: function() {
            const ret = new Object();
            return ret;
        },
        __wbg_set_d2d33b52458e984a: function(arg0, arg1, arg2) {
            arg0[arg1 >>> 0] = arg2;
        },
        __wbg_set_e4b9a833d288759a: function(arg0, arg1, arg2) {
            arg0[arg1] = arg2;
        },
        __wbindgen_generic_0000000000000001: function(arg0) {
            // Cast intrinsic for `F64 -> Externref`.
            const ret = arg0;
            return ret;
        },
        __wbindgen_generic_0000000000000002: function(arg0, arg1) {
            // Cast intrinsic for `Ref(Slice(U8)) -> NamedExternref("Uint8Array")`.
            const ret = getArrayU8FromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_generic_0000000000000003: function(arg0, arg1) {
            // Cast intrinsic for `Ref(String) -> Externref`.
            const ret = getStringFromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            table.set(0, undefined);
            table.set(1024, undefined);
            table.set(1025, null);
            table.set(1026, true);
            table.set(1027, false);
        },
    };
    return {
        __proto__: null,
        "./ws4wasm_bg.js": import0,
    };
}

const RawClientHandshakeFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_rawclienthandshake_free(ptr, 1));
const RawServerHandshakeFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_rawserverhandshake_free(ptr, 1));

function addToExternrefTable0(obj) {
    const idx = wasm.__externref_table_alloc();
    wasm.__wbindgen_externrefs.set(idx, obj);
    return idx;
}

function getArrayU32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayU8FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
}

let cachedDataViewMemory0 = null;
function getDataViewMemory0() {
    if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer.detached === true || (cachedDataViewMemory0.buffer.detached === undefined && cachedDataViewMemory0.buffer !== wasm.memory.buffer)) {
        cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
    }
    return cachedDataViewMemory0;
}

function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}

let cachedUint32ArrayMemory0 = null;
function getUint32ArrayMemory0() {
    if (cachedUint32ArrayMemory0 === null || cachedUint32ArrayMemory0.byteLength === 0) {
        cachedUint32ArrayMemory0 = new Uint32Array(wasm.memory.buffer);
    }
    return cachedUint32ArrayMemory0;
}

let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}

function handleError(f, args) {
    try {
        return f.apply(this, args);
    } catch (e) {
        const idx = addToExternrefTable0(e);
        wasm.__wbindgen_exn_store(idx);
    }
}

function isLikeNone(x) {
    return x === undefined || x === null;
}

function passArray8ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 1, 1) >>> 0;
    getUint8ArrayMemory0().set(arg, ptr / 1);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayJsValueToWasm0(array, malloc) {
    const ptr = malloc(array.length * 4, 4) >>> 0;
    for (let i = 0; i < array.length; i++) {
        const add = addToExternrefTable0(array[i]);
        getDataViewMemory0().setUint32(ptr + 4 * i, add, true);
    }
    WASM_VECTOR_LEN = array.length;
    return ptr;
}

function passStringToWasm0(arg, malloc, realloc) {
    if (realloc === undefined) {
        const buf = cachedTextEncoder.encode(arg);
        const ptr = malloc(buf.length, 1) >>> 0;
        getUint8ArrayMemory0().subarray(ptr, ptr + buf.length).set(buf);
        WASM_VECTOR_LEN = buf.length;
        return ptr;
    }

    let len = arg.length;
    let ptr = malloc(len, 1) >>> 0;

    const mem = getUint8ArrayMemory0();

    let offset = 0;

    for (; offset < len; offset++) {
        const code = arg.charCodeAt(offset);
        if (code > 0x7F) break;
        mem[ptr + offset] = code;
    }
    if (offset !== len) {
        if (offset !== 0) {
            arg = arg.slice(offset);
        }
        ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
        const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
        const ret = cachedTextEncoder.encodeInto(arg, view);

        offset += ret.written;
        ptr = realloc(ptr, len, offset, 1) >>> 0;
    }

    WASM_VECTOR_LEN = offset;
    return ptr;
}

function takeFromExternrefTable0(idx) {
    const value = wasm.__wbindgen_externrefs.get(idx);
    wasm.__externref_table_dealloc(idx);
    return value;
}

let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
cachedTextDecoder.decode();
const MAX_SAFARI_DECODE_BYTES = 2146435072;
let numBytesDecoded = 0;
function decodeText(bytes) {
    numBytesDecoded += bytes.length;
    if (numBytesDecoded >= MAX_SAFARI_DECODE_BYTES) {
        cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
        cachedTextDecoder.decode();
        numBytesDecoded = bytes.length;
    }
    return cachedTextDecoder.decode(bytes);
}

const cachedTextEncoder = new TextEncoder();

if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function (arg, view) {
        const buf = cachedTextEncoder.encode(arg);
        view.set(buf);
        return {
            read: arg.length,
            written: buf.length
        };
    };
}

let WASM_VECTOR_LEN = 0;

let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance, module) {
    wasmInstance = instance;
    wasm = instance.exports;
    wasmModule = module;
    cachedDataViewMemory0 = null;
    cachedUint32ArrayMemory0 = null;
    cachedUint8ArrayMemory0 = null;
    wasm.__wbindgen_start();
    return wasm;
}

async function __wbg_load(module, imports) {
    if (typeof Response === 'function' && module instanceof Response) {
        if (!module.ok) {
            throw new Error(`failed to fetch Wasm: ${module.status} ${module.statusText} fetching '${module.url}'`);
        }

        if (typeof WebAssembly.instantiateStreaming === 'function') {
            try {
                return await WebAssembly.instantiateStreaming(module, imports);
            } catch (e) {
                const validResponse = expectedResponseType(module.type);

                if (validResponse && module.headers.get('Content-Type') !== 'application/wasm') {
                    console.warn("`WebAssembly.instantiateStreaming` failed because your server does not serve Wasm with `application/wasm` MIME type. Falling back to `WebAssembly.instantiate` which is slower. Original error:\n", e);

                } else { throw e; }
            }
        }

        const bytes = await module.arrayBuffer();
        return await WebAssembly.instantiate(bytes, imports);
    } else {
        const instance = await WebAssembly.instantiate(module, imports);

        if (instance instanceof WebAssembly.Instance) {
            return { instance, module };
        } else {
            return instance;
        }
    }

    function expectedResponseType(type) {
        switch (type) {
            case 'basic': case 'cors': case 'default': return true;
        }
        return false;
    }
}

function initSync(module) {
    if (wasm !== undefined) return wasm;


    if (module !== undefined) {
        if (Object.getPrototypeOf(module) === Object.prototype) {
            ({module} = module)
        } else {
            console.warn('using deprecated parameters for `initSync()`; pass a single object instead')
        }
    }

    const imports = __wbg_get_imports();
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    const instance = new WebAssembly.Instance(module, imports);
    return __wbg_finalize_init(instance, module);
}

let __wbg_init_promise;
async function __wbg_init(module_or_path) {
    if (wasm !== undefined) return wasm;
    if (__wbg_init_promise === undefined) {
        __wbg_init_promise = __wbg_init_once(module_or_path);
        __wbg_init_promise.catch(() => { __wbg_init_promise = undefined; });
    }
    return __wbg_init_promise;
}

async function __wbg_init_once(module_or_path) {

    if (module_or_path !== undefined) {
        if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
            ({module_or_path} = module_or_path)
        } else {
            console.warn('using deprecated parameters for the initialization function; pass a single object instead')
        }
    }


    const imports = __wbg_get_imports();

    if (typeof module_or_path === 'string' || (typeof Request === 'function' && module_or_path instanceof Request) || (typeof URL === 'function' && module_or_path instanceof URL)) {
        module_or_path = fetch(module_or_path);
    }

    const { instance, module } = await __wbg_load(await module_or_path, imports);

    return __wbg_finalize_init(instance, module);
}


return {
RawClientHandshake,
RawServerHandshake,
acceptKey,
close_code_is_sendable,
decode_gathered,
failure,
frame_begin,
frame_encode,
header_parse,
layout,
mask_next,
mask_with,
note_panics,
opcode_is_defined,
rejectReply,
selectProtocol,
stream_begin,
stream_close,
stream_deflate,
stream_encode,
stream_fail,
stream_frames,
stream_free,
stream_ignored,
stream_is_closed,
stream_new,
stream_receive,
stream_release,
stream_set_always_mask,
stream_set_deflate,
stream_set_expect_masking,
stream_wants,
take_error,
utf8_decode,
utf8_dfa,
utf8_validate,
initSync,
init: __wbg_init,
get module() { return wasmModule; },
};
}
