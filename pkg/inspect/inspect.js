/* @ts-self-types="./inspect.d.ts" */

/**
 * One inspection.
 */
export class RawInspection {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RawInspectionFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_rawinspection_free(ptr, 0);
    }
    /**
     * Bytes of a frame, of the kinds of the contract.
     * @param {number} number
     * @param {number} kind
     * @param {number} from
     * @param {number} count
     * @returns {any}
     */
    bytes(number, kind, from, count) {
        const ret = wasm.rawinspection_bytes(this.__wbg_ptr, number, kind, from, count);
        return ret;
    }
    /**
     * One of them.
     * @param {number} number
     * @returns {any}
     */
    connection(number) {
        const ret = wasm.rawinspection_connection(this.__wbg_ptr, number);
        return ret;
    }
    /**
     * All connections.
     * @returns {any}
     */
    connections() {
        const ret = wasm.rawinspection_connections(this.__wbg_ptr);
        return ret;
    }
    /**
     * The next bytes of a connection.
     * @param {number} connection
     * @param {number} way
     * @param {Uint8Array | number[]} bytes
     * @param {number} time
     */
    data(connection, way, bytes, time) {
        const val2 = +connection;
        const val3 = +way;
        const val4 = +time;
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        wasm.rawinspection_data(this.__wbg_ptr, val2, val3, ptr0, len0, val4);
    }
    /**
     * A direction has ended.
     * @param {number} connection
     * @param {number} way
     * @param {number} how
     * @param {number} time
     */
    end(connection, way, how, time) {
        wasm.rawinspection_end(this.__wbg_ptr, connection, way, how, time);
    }
    /**
     * A file of everything, or of these frames. Undefined for a format that there is not.
     * @param {string} format
     * @param {Uint32Array | number[] | null | undefined} frames
     * @param {boolean} secrets
     * @returns {Uint8Array | undefined}
     */
    export(format, frames, secrets) {
        const val3 = +secrets;
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(format, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = isLikeNone(frames) ? 0 : passArray32ToWasm0(frames, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.rawinspection_export(this.__wbg_ptr, ptr0, len0, ptr1, len1, val3);
        let v4;
        if (ret[0] !== 0) {
            v4 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
            wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        }
        return v4;
    }
    /**
     * The file is complete. Throws a sentence.
     */
    finish() {
        const ret = wasm.rawinspection_finish(this.__wbg_ptr);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The frame of a byte.
     * @param {number} connection
     * @param {number} way
     * @param {number} offset
     * @returns {number | undefined}
     */
    frameAt(connection, way, offset) {
        const ret = wasm.rawinspection_frameAt(this.__wbg_ptr, connection, way, offset);
        return ret === Number.MAX_SAFE_INTEGER ? undefined : ret;
    }
    /**
     * Everything about a frame.
     * @param {number} number
     * @returns {any}
     */
    frame(number) {
        const ret = wasm.rawinspection_frame(this.__wbg_ptr, number);
        return ret;
    }
    /**
     * Bytes that nobody has seen.
     * @param {number} connection
     * @param {number} way
     * @param {number} length
     * @param {number} time
     */
    gap(connection, way, length, time) {
        wasm.rawinspection_gap(this.__wbg_ptr, connection, way, length, time);
    }
    /**
     * How it began.
     * @param {number} number
     * @returns {any}
     */
    handshake(number) {
        const ret = wasm.rawinspection_handshake(this.__wbg_ptr, number);
        return ret;
    }
    /**
     * Whether `export` hides something unless it is told not to.
     * @returns {boolean}
     */
    holdsSecrets() {
        const ret = wasm.rawinspection_holdsSecrets(this.__wbg_ptr);
        return ret !== 0;
    }
    /**
     * A key log of TLS. How many secrets were in it.
     * @param {Uint8Array | number[]} key_log
     * @returns {number}
     */
    keys(key_log) {
        const ptr0 = passArray8ToWasm0(key_log, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.rawinspection_keys(this.__wbg_ptr, ptr0, len0);
        return ret >>> 0;
    }
    /**
     * Options as `js/inspect/options.js` makes them.
     * @param {any} options
     */
    constructor(options) {
        const ret = wasm.rawinspection_new(options);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        RawInspectionFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * A new connection of live traffic.
     * @param {string} client
     * @param {number} client_port
     * @param {string} server
     * @param {number} server_port
     * @param {number} time
     * @param {string | null} [url]
     * @returns {number}
     */
    open(client, client_port, server, server_port, time, url) {
        const val4 = +client_port;
        const val5 = +server_port;
        const val6 = +time;
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passStringToWasm0(client, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(server, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = isLikeNone(url) ? 0 : passStringToWasm0(url, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.rawinspection_open(this.__wbg_ptr, ptr0, len0, val4, ptr1, len1, val5, val6, ptr2, len2);
        return ret >>> 0;
    }
    /**
     * The next bytes of a file. Throws a sentence.
     * @param {Uint8Array | number[]} bytes
     */
    push(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.rawinspection_push(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Changes with every change.
     * @returns {number}
     */
    revision() {
        const ret = wasm.rawinspection_revision(this.__wbg_ptr);
        return ret;
    }
    /**
     * Of everything, or of these frames.
     * @param {Uint32Array | number[] | null} [frames]
     * @returns {any}
     */
    statistics(frames) {
        var ptr0 = isLikeNone(frames) ? 0 : passArray32ToWasm0(frames, wasm.__wbindgen_malloc);
        var len0 = WASM_VECTOR_LEN;
        const ret = wasm.rawinspection_statistics(this.__wbg_ptr, ptr0, len0);
        return ret;
    }
    /**
     * Columns for a plot.
     * @param {Uint32Array | number[] | null | undefined} frames
     * @param {number | null | undefined} from
     * @param {number | null | undefined} to
     * @param {number} columns
     * @param {number} points
     * @returns {any}
     */
    timeline(frames, from, to, columns, points) {
        const val2 = +(isLikeNone(from) ? 0 : from);
        const val3 = +(isLikeNone(to) ? 0 : to);
        const val4 = +columns;
        const val5 = +points;
        var ptr0 = isLikeNone(frames) ? 0 : passArray32ToWasm0(frames, wasm.__wbindgen_malloc);
        var len0 = WASM_VECTOR_LEN;
        const ret = wasm.rawinspection_timeline(this.__wbg_ptr, ptr0, len0, !isLikeNone(from), val2, !isLikeNone(to), val3, val4, val5);
        return ret;
    }
    /**
     * Sums.
     * @returns {any}
     */
    totals() {
        const ret = wasm.rawinspection_totals(this.__wbg_ptr);
        return ret;
    }
    /**
     * Violations, of one connection or all, of one severity or all.
     * @param {number | null | undefined} connection
     * @param {string | null | undefined} severity
     * @param {number} from
     * @param {number} count
     * @returns {any}
     */
    violations(connection, severity, from, count) {
        const val2 = +(isLikeNone(connection) ? Number.MAX_SAFE_INTEGER : (connection) >>> 0);
        const val3 = +from;
        const val4 = +count;
        var ptr0 = isLikeNone(severity) ? 0 : passStringToWasm0(severity, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        var len0 = WASM_VECTOR_LEN;
        const ret = wasm.rawinspection_violations(this.__wbg_ptr, val2, ptr0, len0, val3, val4);
        return ret;
    }
}
if (Symbol.dispose) RawInspection.prototype[Symbol.dispose] = RawInspection.prototype.free;

/**
 * A capture that is written while things happen.
 */
export class RawRecorder {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RawRecorderFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_rawrecorder_free(ptr, 0);
    }
    /**
     * The next bytes of a connection.
     * @param {number} connection
     * @param {number} way
     * @param {Uint8Array | number[]} bytes
     * @param {number} time
     * @returns {Uint8Array}
     */
    data(connection, way, bytes, time) {
        const val2 = +connection;
        const val3 = +way;
        const val4 = +time;
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.rawrecorder_data(this.__wbg_ptr, val2, val3, ptr0, len0, val4);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v5 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v5;
    }
    /**
     * A direction has ended, in one of the ways of the contract.
     * @param {number} connection
     * @param {number} way
     * @param {number} how
     * @param {number} time
     * @returns {Uint8Array}
     */
    end(connection, way, how, time) {
        const ret = wasm.rawrecorder_end(this.__wbg_ptr, connection, way, how, time);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
    /**
     * Bytes that nobody has seen.
     * @param {number} connection
     * @param {number} way
     * @param {number} length
     * @param {number} time
     * @returns {Uint8Array}
     */
    gap(connection, way, length, time) {
        const ret = wasm.rawrecorder_gap(this.__wbg_ptr, connection, way, length, time);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
    /**
     * What a file begins with.
     * @returns {Uint8Array}
     */
    head() {
        const ret = wasm.rawrecorder_head(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
    /**
     * One of nothing yet.
     */
    constructor() {
        const ret = wasm.rawrecorder_new();
        this.__wbg_ptr = ret;
        RawRecorderFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * How many connections have not ended.
     * @returns {number}
     */
    openConnections() {
        const ret = wasm.rawrecorder_openConnections(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * A new connection: its number and its bytes. Undefined for what is no address.
     * @param {string} client
     * @param {number} client_port
     * @param {string} server
     * @param {number} server_port
     * @param {number} time
     * @returns {any}
     */
    open(client, client_port, server, server_port, time) {
        const val3 = +client_port;
        const val4 = +server_port;
        const val5 = +time;
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(client, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(server, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.rawrecorder_open(this.__wbg_ptr, ptr0, len0, val3, ptr1, len1, val4, val5);
        return ret;
    }
}
if (Symbol.dispose) RawRecorder.prototype[Symbol.dispose] = RawRecorder.prototype.free;

/**
 * The rows of a table.
 */
export class RawView {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RawViewFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_rawview_free(ptr, 0);
    }
    /**
     * All frames that the rows stand for.
     * @param {RawInspection} of
     * @returns {Uint32Array}
     */
    allFrames(of) {
        _assertClass(of, RawInspection);
        const ret = wasm.rawview_allFrames(this.__wbg_ptr, of.__wbg_ptr);
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * The next row with a violation, or -1.
     * @param {RawInspection} of
     * @param {number} from
     * @param {boolean} forward
     * @returns {number}
     */
    findViolation(of, from, forward) {
        _assertClass(of, RawInspection);
        const ret = wasm.rawview_findViolation(this.__wbg_ptr, of.__wbg_ptr, from, forward);
        return ret;
    }
    /**
     * The frame of each row.
     * @returns {Uint32Array}
     */
    frames() {
        const ret = wasm.rawview_frames(this.__wbg_ptr);
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * The row of a frame, or -1.
     * @param {RawInspection} of
     * @param {number} frame
     * @returns {number}
     */
    indexOf(of, frame) {
        _assertClass(of, RawInspection);
        const ret = wasm.rawview_indexOf(this.__wbg_ptr, of.__wbg_ptr, frame);
        return ret;
    }
    /**
     * How many rows.
     * @returns {number}
     */
    length() {
        const ret = wasm.rawview_length(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Throws what is wrong with the filter.
     * @param {RawInspection} of
     * @param {boolean} messages
     * @param {string} filter
     * @param {boolean} holes
     */
    constructor(of, messages, filter, holes) {
        _assertClass(of, RawInspection);
        const val2 = +messages;
        const val3 = +holes;
        const ptr0 = passStringToWasm0(filter, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.rawview_new(of.__wbg_ptr, val2, ptr0, len0, val3);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        RawViewFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Some rows.
     * @param {RawInspection} of
     * @param {number} from
     * @param {number} count
     * @returns {any}
     */
    rows(of, from, count) {
        _assertClass(of, RawInspection);
        const ret = wasm.rawview_rows(this.__wbg_ptr, of.__wbg_ptr, from, count);
        return ret;
    }
    /**
     * Shows or hides fragments.
     * @param {RawInspection} of
     * @param {number} message
     * @param {boolean} unfolded
     */
    unfold(of, message, unfolded) {
        _assertClass(of, RawInspection);
        wasm.rawview_unfold(this.__wbg_ptr, of.__wbg_ptr, message, unfolded);
    }
    /**
     * Takes in what is new.
     * @param {RawInspection} of
     * @returns {number}
     */
    update(of) {
        _assertClass(of, RawInspection);
        const ret = wasm.rawview_update(this.__wbg_ptr, of.__wbg_ptr);
        return ret >>> 0;
    }
}
if (Symbol.dispose) RawView.prototype[Symbol.dispose] = RawView.prototype.free;

/**
 * What is wrong with a filter.
 * @param {string} text
 * @returns {any}
 */
export function checkFilter(text) {
    const ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.checkFilter(ptr0, len0);
    return ret;
}

/**
 * What could stand at a place of a filter, in UTF-16 units.
 * @param {string} text
 * @param {number} position
 * @returns {any}
 */
export function completeFilter(text, position) {
    const val2 = +position;
    const ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.completeFilter(ptr0, len0, val2);
    return ret;
}

/**
 * Whether packets can have this address.
 * @param {string} address
 * @returns {boolean}
 */
export function isAddress(address) {
    const ptr0 = passStringToWasm0(address, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.isAddress(ptr0, len0);
    return ret !== 0;
}

/**
 * Whether bytes are a key log.
 * @param {Uint8Array | number[]} bytes
 * @returns {boolean}
 */
export function isKeyLog(bytes) {
    const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.isKeyLog(ptr0, len0);
    return ret !== 0;
}

/**
 * Every rule.
 * @returns {any}
 */
export function rules() {
    const ret = wasm.rules();
    return ret;
}

/**
 * A capture with a key log inside. Throws a sentence.
 * @param {Uint8Array | number[]} capture
 * @param {Uint8Array | number[]} key_log
 * @returns {Uint8Array}
 */
export function withKeys(capture, key_log) {
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passArray8ToWasm0(capture, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArray8ToWasm0(key_log, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
        throw e;
    }
    const ret = wasm.withKeys(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v3;
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_Error_208446807d0d1e30: function(arg0, arg1) {
            const ret = Error(getStringFromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_Number_ff192a72a0dcdf6d: function(arg0) {
            const ret = Number(arg0);
            return ret;
        },
        __wbg___wbindgen_boolean_get_4f1baf9a00be3c74: function(arg0) {
            const v = arg0;
            const ret = typeof(v) === 'boolean' ? v : undefined;
            return isLikeNone(ret) ? 0xFFFFFF : ret ? 1 : 0;
        },
        __wbg___wbindgen_debug_string_f249a2a76caa9a55: function(arg0, arg1) {
            const ret = debugString(arg1);
            const ptr1 = passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg___wbindgen_in_3f58a9d3b3a7eed2: function(arg0, arg1) {
            const ret = arg0 in arg1;
            return ret;
        },
        __wbg___wbindgen_is_function_741ff2bb612836f5: function(arg0) {
            const ret = typeof(arg0) === 'function';
            return ret;
        },
        __wbg___wbindgen_is_object_8b968c3ab8e96595: function(arg0) {
            const val = arg0;
            const ret = typeof(val) === 'object' && val !== null;
            return ret;
        },
        __wbg___wbindgen_is_undefined_be5b34249ff1fc15: function(arg0) {
            const ret = arg0 === undefined;
            return ret;
        },
        __wbg___wbindgen_jsval_loose_eq_b2f214e2e4b30e36: function(arg0, arg1) {
            const ret = arg0 == arg1;
            return ret;
        },
        __wbg___wbindgen_number_get_934b640d0889af78: function(arg0, arg1) {
            const obj = arg1;
            const ret = typeof(obj) === 'number' ? obj : undefined;
            getDataViewMemory0().setFloat64((arg0 >>> 0) + 8 * 1, isLikeNone(ret) ? 0 : ret, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, !isLikeNone(ret), true);
        },
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
        __wbg_call_40b008ba32f73991: function() { return handleError(function (arg0, arg1) {
            const ret = arg0.call(arg1);
            return ret;
        }, arguments); },
        __wbg_done_57e08d0be6e30c02: function(arg0) {
            const ret = arg0.done;
            return ret;
        },
        __wbg_get_635eea311fa1a291: function() { return handleError(function (arg0, arg1) {
            const ret = Reflect.get(arg0, arg1);
            return ret;
        }, arguments); },
        __wbg_get_unchecked_e6325ad374eff861: function(arg0, arg1) {
            const ret = arg0[arg1 >>> 0];
            return ret;
        },
        __wbg_get_with_ref_key_fc601247060b7204: function(arg0, arg1) {
            const ret = arg0[arg1];
            return ret;
        },
        __wbg_instanceof_ArrayBuffer_12cdaa4161423e6b: function(arg0) {
            let result;
            try {
                result = arg0 instanceof ArrayBuffer;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_instanceof_Object_97e16a01fd368661: function(arg0) {
            let result;
            try {
                result = arg0 instanceof Object;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_instanceof_Uint8Array_d7aeb0dcb3108fea: function(arg0) {
            let result;
            try {
                result = arg0 instanceof Uint8Array;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_isArray_bcf1376d0d732d08: function(arg0) {
            const ret = Array.isArray(arg0);
            return ret;
        },
        __wbg_isSafeInteger_1a35ba4d31e71d38: function(arg0) {
            const ret = Number.isSafeInteger(arg0);
            return ret;
        },
        __wbg_iterator_e4c5e8f68ada7b58: function() {
            const ret = Symbol.iterator;
            return ret;
        },
        __wbg_length_186163212ffe79c3: function(arg0) {
            const ret = arg0.length;
            return ret;
        },
        __wbg_length_b03a0fabb109b1e9: function(arg0) {
            const ret = arg0.length;
            return ret;
        },
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
        __wbg_new_from_slice_3512352010266e02: function(arg0, arg1) {
            const ret = new Uint32Array(getArrayU32FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_from_slice_aaf85a9746711968: function(arg0, arg1) {
            const ret = new Float64Array(getArrayF64FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_from_slice_b8daf545a41c6aa0: function(arg0, arg1) {
            const ret = new Uint8Array(getArrayU8FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_next_178c1651c11432b3: function(arg0) {
            const ret = arg0.next;
            return ret;
        },
        __wbg_next_af5ac6a08bb0a717: function() { return handleError(function (arg0) {
            const ret = arg0.next();
            return ret;
        }, arguments); },
        __wbg_prototypesetcall_13162965d1fe7aa3: function(arg0, arg1, arg2) {
            Uint8Array.prototype.set.call(getArrayU8FromWasm0(arg0, arg1), arg2);
        },
        __wbg_set_2793479888329cb6: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = Reflect.set(arg0, arg1, arg2);
            return ret;
        }, arguments); },
        __wbg_set_d2d33b52458e984a: function(arg0, arg1, arg2) {
            arg0[arg1 >>> 0] = arg2;
        },
        __wbg_set_e4b9a833d288759a: function(arg0, arg1, arg2) {
            arg0[arg1] = arg2;
        },
        __wbg_value_e0f328965e184931: function(arg0) {
            const ret = arg0.value;
            return ret;
        },
        __wbindgen_generic_0000000000000001: function(arg0) {
            // Cast intrinsic for `F64 -> Externref`.
            const ret = arg0;
            return ret;
        },
        __wbindgen_generic_0000000000000002: function(arg0, arg1) {
            // Cast intrinsic for `Ref(String) -> Externref`.
            const ret = getStringFromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_generic_0000000000000003: function(arg0) {
            // Cast intrinsic for `U64 -> Externref`.
            const ret = BigInt.asUintN(64, arg0);
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
        "./inspect_bg.js": import0,
    };
}

const RawInspectionFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_rawinspection_free(ptr, 1));
const RawRecorderFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_rawrecorder_free(ptr, 1));
const RawViewFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_rawview_free(ptr, 1));

function addToExternrefTable0(obj) {
    const idx = wasm.__externref_table_alloc();
    wasm.__wbindgen_externrefs.set(idx, obj);
    return idx;
}

function _assertClass(instance, klass) {
    if (!(instance instanceof klass)) {
        throw new Error(`expected instance of ${klass.name}`);
    }
}

function debugString(val) {
    switch (typeof val) {
        // primitive types
        case 'number':
        case 'boolean':
        case 'undefined':
        return `${val}`;
        case 'string':
        return JSON.stringify(val);
        case 'bigint':
        return `${val}n`;
        case 'symbol':
        return val.description !== undefined
            ? `Symbol(${val.description})`
            : 'Symbol';
        case 'function':
        return typeof val.name === 'string' && val.name !== ''
            ? `Function(${val.name})`
            : 'Function';
        case 'object': {
            if (val === null) {
                return 'null';
            }
            // objects
            if (Array.isArray(val)) {
                return '[' + Array.from(val, debugString).join(', ') + ']';
            }
            // errors
            if (val instanceof Error) {
                return `${val.name}: ${val.message}\n${val.stack}`;
            }

            const toStringOutput = toString.call(val);
            // Test for built-in
            const className = /\[object ([^\]]+)\]/.exec(toStringOutput)?.[1];

            // Failed to match the standard '[object ClassName]'
            if (className === undefined) {
                return toStringOutput;
            }
            if (className === 'Object') {
                // we're a user defined class or Object
                // JSON.stringify avoids problems with cycles, and is generally much
                // easier than looping through ownProperties of `val`.
                try {
                    return 'Object(' + JSON.stringify(val) + ')';
                } catch (_) {
                    return 'Object';
                }
            }
            // TODO we could test for more things here, like `Set`s and `Map`s.
            return className;
        }
        // Per MDN: 'This list of values is exhaustive.'
        // https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Operators/typeof#description
    }
}

function getArrayF64FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getFloat64ArrayMemory0().subarray(ptr / 8, ptr / 8 + len);
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

let cachedFloat64ArrayMemory0 = null;
function getFloat64ArrayMemory0() {
    if (cachedFloat64ArrayMemory0 === null || cachedFloat64ArrayMemory0.byteLength === 0) {
        cachedFloat64ArrayMemory0 = new Float64Array(wasm.memory.buffer);
    }
    return cachedFloat64ArrayMemory0;
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

function passArray32ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 4, 4) >>> 0;
    getUint32ArrayMemory0().set(arg, ptr / 4);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArray8ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 1, 1) >>> 0;
    getUint8ArrayMemory0().set(arg, ptr / 1);
    WASM_VECTOR_LEN = arg.length;
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
    cachedFloat64ArrayMemory0 = null;
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

    if (module_or_path === undefined) {
        module_or_path = new URL('inspect_bg.wasm', import.meta.url);
    }
    const imports = __wbg_get_imports();

    if (typeof module_or_path === 'string' || (typeof Request === 'function' && module_or_path instanceof Request) || (typeof URL === 'function' && module_or_path instanceof URL)) {
        module_or_path = fetch(module_or_path);
    }

    const { instance, module } = await __wbg_load(await module_or_path, imports);

    return __wbg_finalize_init(instance, module);
}

export { initSync, __wbg_init as default };
