// The public types and the JavaScript name the same things.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import * as ws4wasm from 'ws4wasm';

const file = fileURLToPath(new URL('../../js/index.d.ts', import.meta.url));
const program = ts.createProgram([file], {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  skipDefaultLibCheck: true,
});
const checker = program.getTypeChecker();
const source = program.getSourceFile(file);
assert.ok(source);
const module = checker.getSymbolAtLocation(source);
assert.ok(module);
const declared = checker.getExportsOfModule(module);
const values = declared.filter((symbol) => symbol.flags & ts.SymbolFlags.Value);
const classes = values.filter((symbol) => symbol.flags & ts.SymbolFlags.Class);

/**
 * One instance of each class.
 * @type {Record<string, object>}
 */
const samples = {
  BinaryMessage: new ws4wasm.BinaryMessage(),
  ClientHandshake: new ws4wasm.ClientHandshake('ws://example.com'),
  CloseControlMessage: new ws4wasm.CloseControlMessage(),
  EchoWebSocket: new ws4wasm.EchoWebSocket(new PassThrough()),
  Frame: new ws4wasm.Frame(),
  FrameTooLargeException: new ws4wasm.FrameTooLargeException(),
  HandshakeError: new ws4wasm.HandshakeError(''),
  InvalidBytesError: new ws4wasm.InvalidBytesError(),
  Message: new ws4wasm.Message(1, ''),
  PingControlMessage: new ws4wasm.PingControlMessage(),
  PongControlMessage: new ws4wasm.PongControlMessage(),
  ProtocolException: new ws4wasm.ProtocolException(),
  ServerHandshake: new ws4wasm.ServerHandshake(),
  Stream: new ws4wasm.Stream(),
  StreamClosed: new ws4wasm.StreamClosed(),
  TextFrameEncodingException: new ws4wasm.TextFrameEncodingException(),
  TextMessage: new ws4wasm.TextMessage(),
  UnsupportedFrameTypeException: new ws4wasm.UnsupportedFrameTypeException(),
  Utf8Validator: new ws4wasm.Utf8Validator(),
  WebSocket: new ws4wasm.WebSocket(new PassThrough()),
  WebSocketException: new ws4wasm.WebSocketException(),
};

/** What every Error has is not ours to declare. */
const ofErrors = ['name', 'message', 'stack', 'cause'];

/**
 * The names an object has of itself and its classes, less those of Object and Error.
 * @param {object} object
 */
function membersOf(object) {
  const names = new Set();
  for (let at = object; at && at !== Object.prototype && at !== Error.prototype; ) {
    for (const name of Reflect.ownKeys(at)) names.add(written(name));
    at = Object.getPrototypeOf(at);
  }
  // For Node's console, not for users.
  names.delete('constructor');
  names.delete('nodejs.util.inspect.custom');
  if (object instanceof Error) for (const name of ofErrors) names.delete(name);
  return [...names].sort();
}

/** @param {string | symbol} name */
function written(name) {
  // Node 20 has a Symbol.dispose of its own making.
  if (name === Symbol.dispose) return '@@dispose';
  return typeof name === 'string' ? name : String(name.description).replace('Symbol.', '@@');
}

/** @param {ts.Symbol} symbol */
function nameOf(symbol) {
  // TypeScript writes the name of a well-known symbol as __@dispose@123.
  return symbol.name.replace(/^__@(\w+)@\d+$/, '@@$1');
}

test('index.d.ts has no errors of its own', () => {
  const problems = [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ];
  assert.deepEqual(
    problems.map(({ messageText }) => messageText),
    [],
  );
});

test('the names declared are the names exported', () => {
  const names = values.map((symbol) => symbol.name).sort();
  assert.deepEqual(names, Object.keys(ws4wasm).sort());
});

test('constants have the values that their types say', () => {
  for (const symbol of values) {
    const type = checker.getTypeOfSymbol(symbol);
    if (!type.isLiteral()) continue;
    const { [symbol.name]: value } = /** @type {Record<string, unknown>} */ (ws4wasm);
    assert.equal(type.value, value, symbol.name);
  }
});

test('everything exported is documented', () => {
  for (const symbol of declared) {
    const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
    assert.ok(text.length > 10 || symbol.name.startsWith('OPCODE'), symbol.name);
  }
});

describe('the members declared are the members there are', () => {
  test('of all classes', () => {
    const names = classes.map((symbol) => symbol.name);
    assert.deepEqual(names.sort(), Object.keys(samples).sort());
  });

  for (const symbol of classes) {
    const { name } = symbol;
    test(name, () => {
      const sample = samples[name];
      const members = checker.getDeclaredTypeOfSymbol(symbol).getProperties().map(nameOf);
      const unique = members.filter((member) => !isOfErrors(sample, member)).sort();
      assert.deepEqual(unique, membersOf(sample));
    });

    test(`${name}, static`, () => {
      const { [name]: type } = /** @type {Record<string, any>} */ (ws4wasm);
      const own = [];
      for (let at = type; at !== Function.prototype && at !== Error; ) {
        own.push(...Object.getOwnPropertyNames(at));
        at = Object.getPrototypeOf(at);
      }
      const ofAll = [...Object.getOwnPropertyNames(Error), 'prototype', 'prepareStackTrace'];
      const ours = (/** @type {string} */ member) => !ofAll.includes(member);
      // TypeScript's own files declare the others.
      const statics = checker
        .getTypeOfSymbol(symbol)
        .getProperties()
        .filter(({ declarations }) => declarations?.some((d) => d.getSourceFile() === source))
        .map(nameOf);
      assert.deepEqual(statics.filter(ours).sort(), own.filter(ours).sort());
    });
  }
});

/**
 * @param {object} sample
 * @param {string} member
 */
function isOfErrors(sample, member) {
  return sample instanceof Error && ofErrors.includes(member);
}
