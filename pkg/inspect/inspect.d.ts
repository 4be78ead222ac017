/* tslint:disable */
/* eslint-disable */

/**
 * One inspection.
 */
export class RawInspection {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Bytes of a frame, of the kinds of the contract.
     */
    bytes(number: number, kind: number, from: number, count: number): any;
    /**
     * One of them.
     */
    connection(number: number): any;
    /**
     * All connections.
     */
    connections(): any;
    /**
     * The next bytes of a connection.
     */
    data(connection: number, way: number, bytes: Uint8Array | number[], time: number): void;
    /**
     * A direction has ended.
     */
    end(connection: number, way: number, how: number, time: number): void;
    /**
     * A file of everything, or of these frames. Undefined for a format that there is not.
     */
    export(format: string, frames: Uint32Array | number[] | null | undefined, secrets: boolean): Uint8Array | undefined;
    /**
     * The file is complete. Throws a sentence.
     */
    finish(): void;
    /**
     * The frame of a byte.
     */
    frameAt(connection: number, way: number, offset: number): number | undefined;
    /**
     * Everything about a frame.
     */
    frame(number: number): any;
    /**
     * Bytes that nobody has seen.
     */
    gap(connection: number, way: number, length: number, time: number): void;
    /**
     * How it began.
     */
    handshake(number: number): any;
    /**
     * Whether `export` hides something unless it is told not to.
     */
    holdsSecrets(): boolean;
    /**
     * A key log of TLS. How many secrets were in it.
     */
    keys(key_log: Uint8Array | number[]): number;
    /**
     * Options as `js/inspect/options.js` makes them.
     */
    constructor(options: any);
    /**
     * A new connection of live traffic.
     */
    open(client: string, client_port: number, server: string, server_port: number, time: number, url?: string | null): number;
    /**
     * The next bytes of a file. Throws a sentence.
     */
    push(bytes: Uint8Array | number[]): void;
    /**
     * Changes with every change.
     */
    revision(): number;
    /**
     * Of everything, or of these frames.
     */
    statistics(frames?: Uint32Array | number[] | null): any;
    /**
     * Columns for a plot.
     */
    timeline(frames: Uint32Array | number[] | null | undefined, from: number | null | undefined, to: number | null | undefined, columns: number, points: number): any;
    /**
     * Sums.
     */
    totals(): any;
    /**
     * Violations, of one connection or all, of one severity or all.
     */
    violations(connection: number | null | undefined, severity: string | null | undefined, from: number, count: number): any;
}

/**
 * A capture that is written while things happen.
 */
export class RawRecorder {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The next bytes of a connection.
     */
    data(connection: number, way: number, bytes: Uint8Array | number[], time: number): Uint8Array;
    /**
     * A direction has ended, in one of the ways of the contract.
     */
    end(connection: number, way: number, how: number, time: number): Uint8Array;
    /**
     * Bytes that nobody has seen.
     */
    gap(connection: number, way: number, length: number, time: number): Uint8Array;
    /**
     * What a file begins with.
     */
    head(): Uint8Array;
    /**
     * One of nothing yet.
     */
    constructor();
    /**
     * How many connections have not ended.
     */
    openConnections(): number;
    /**
     * A new connection: its number and its bytes. Undefined for what is no address.
     */
    open(client: string, client_port: number, server: string, server_port: number, time: number): any;
}

/**
 * The rows of a table.
 */
export class RawView {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * All frames that the rows stand for.
     */
    allFrames(of: RawInspection): Uint32Array;
    /**
     * The next row with a violation, or -1.
     */
    findViolation(of: RawInspection, from: number, forward: boolean): number;
    /**
     * The frame of each row.
     */
    frames(): Uint32Array;
    /**
     * The row of a frame, or -1.
     */
    indexOf(of: RawInspection, frame: number): number;
    /**
     * How many rows.
     */
    length(): number;
    /**
     * Throws what is wrong with the filter.
     */
    constructor(of: RawInspection, messages: boolean, filter: string, holes: boolean);
    /**
     * Some rows.
     */
    rows(of: RawInspection, from: number, count: number): any;
    /**
     * Shows or hides fragments.
     */
    unfold(of: RawInspection, message: number, unfolded: boolean): void;
    /**
     * Takes in what is new.
     */
    update(of: RawInspection): number;
}

/**
 * What is wrong with a filter.
 */
export function checkFilter(text: string): any;

/**
 * What could stand at a place of a filter, in UTF-16 units.
 */
export function completeFilter(text: string, position: number): any;

/**
 * Whether packets can have this address.
 */
export function isAddress(address: string): boolean;

/**
 * Whether bytes are a key log.
 */
export function isKeyLog(bytes: Uint8Array | number[]): boolean;

/**
 * Every rule.
 */
export function rules(): any;

/**
 * A capture with a key log inside. Throws a sentence.
 */
export function withKeys(capture: Uint8Array | number[], key_log: Uint8Array | number[]): Uint8Array;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_rawinspection_free: (a: number, b: number) => void;
    readonly __wbg_rawrecorder_free: (a: number, b: number) => void;
    readonly __wbg_rawview_free: (a: number, b: number) => void;
    readonly checkFilter: (a: number, b: number) => any;
    readonly completeFilter: (a: number, b: number, c: number) => any;
    readonly isAddress: (a: number, b: number) => number;
    readonly isKeyLog: (a: number, b: number) => number;
    readonly rawinspection_bytes: (a: number, b: number, c: number, d: number, e: number) => any;
    readonly rawinspection_connection: (a: number, b: number) => any;
    readonly rawinspection_connections: (a: number) => any;
    readonly rawinspection_data: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly rawinspection_end: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly rawinspection_export: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number];
    readonly rawinspection_finish: (a: number) => [number, number];
    readonly rawinspection_frame: (a: number, b: number) => any;
    readonly rawinspection_frameAt: (a: number, b: number, c: number, d: number) => number;
    readonly rawinspection_gap: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly rawinspection_handshake: (a: number, b: number) => any;
    readonly rawinspection_holdsSecrets: (a: number) => number;
    readonly rawinspection_keys: (a: number, b: number, c: number) => number;
    readonly rawinspection_new: (a: any) => [number, number, number];
    readonly rawinspection_open: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => number;
    readonly rawinspection_push: (a: number, b: number, c: number) => [number, number];
    readonly rawinspection_revision: (a: number) => number;
    readonly rawinspection_statistics: (a: number, b: number, c: number) => any;
    readonly rawinspection_timeline: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => any;
    readonly rawinspection_totals: (a: number) => any;
    readonly rawinspection_violations: (a: number, b: number, c: number, d: number, e: number, f: number) => any;
    readonly rawrecorder_data: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly rawrecorder_end: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly rawrecorder_gap: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly rawrecorder_head: (a: number) => [number, number];
    readonly rawrecorder_new: () => number;
    readonly rawrecorder_open: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => any;
    readonly rawrecorder_openConnections: (a: number) => number;
    readonly rawview_allFrames: (a: number, b: number) => [number, number];
    readonly rawview_findViolation: (a: number, b: number, c: number, d: number) => number;
    readonly rawview_frames: (a: number) => [number, number];
    readonly rawview_indexOf: (a: number, b: number, c: number) => number;
    readonly rawview_length: (a: number) => number;
    readonly rawview_new: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly rawview_rows: (a: number, b: number, c: number, d: number) => any;
    readonly rawview_unfold: (a: number, b: number, c: number, d: number) => void;
    readonly rawview_update: (a: number, b: number) => number;
    readonly rules: () => any;
    readonly withKeys: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
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
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
