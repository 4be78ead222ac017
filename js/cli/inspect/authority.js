// Certificates for a proxy that listens with TLS: an authority of this machine's own, which is kept,
// and from it a certificate for each start. Keys, signatures and TLS are Node's (OpenSSL's); what Node
// cannot do is to write X.509 (RFC 5280) down. Of its encoding (DER, X.690) these two need little. The
// libraries for it would be the package's only dependency: @peculiar/x509 brings a dozen packages,
// selfsigned is made on it, node-forge has its own cryptography, without the curve
// P-256. So the encoding is here, and OpenSSL, Python and Node, each strictly, judge it in
// tests/cli/tls.test.mjs.
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP, isIPv4 } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../base/failure.js';

const DAY = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** Browsers take none that is valid for more than 398 days. */
const CERTIFICATE_DAYS = 90;
const NAME = 'ws4wasm inspect, this machine only';

/** Where the authority is kept: nobody else may read its key. */
const folder = () =>
  join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'ws4wasm');

/**
 * A key, and a certificate for these names, issued by the authority of this machine, which is made
 * when there is none.
 * @param {string[]} names and addresses
 * @returns {{ key: string, cert: string, authority: string }} the first two in PEM; the last is the
 *   path of the authority's certificate
 */
export function certificateFor(names) {
  const { key: issuerKey, cert: issuerPem, path } = authority();
  const issuer = new X509Certificate(issuerPem);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const cert = certificate({
    subject: names[0],
    issuer: NAME,
    spki,
    days: CERTIFICATE_DAYS,
    key: issuerKey,
    extensions: [
      extension('2.5.29.19', sequence(), true),
      // digitalSignature
      extension('2.5.29.15', der(0x03, Buffer.of(7, 0x80)), true),
      // serverAuth
      extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', sequence(...names.map(generalName))),
      extension('2.5.29.14', der(0x04, identifier(spki))),
      extension('2.5.29.35', sequence(der(0x80, identifier(spkiOf(issuer))))),
    ],
  });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  return { key: String(pem), cert: cert + issuerPem, authority: path };
}

function authority() {
  const path = join(folder(), 'authority.pem');
  const keyPath = join(folder(), 'authority-key.pem');
  try {
    const cert = readFileSync(path, 'utf8');
    if (Date.parse(new X509Certificate(cert).validTo) > Date.now() + CERTIFICATE_DAYS * DAY) {
      return { key: createPrivateKey(readFileSync(keyPath)), cert, path };
    }
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ENOENT') {
      throw new Failure(
        `--tls: ${path} and its key cannot be used (${message}). Remove both; they are made anew.`,
      );
    }
  }
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const cert = certificate({
    subject: NAME,
    issuer: NAME,
    spki,
    days: AUTHORITY_DAYS,
    key: privateKey,
    extensions: [
      // cA, and no authority below it
      extension('2.5.29.19', sequence(der(0x01, Buffer.of(0xff)), integer(Buffer.of(0))), true),
      // keyCertSign and cRLSign
      extension('2.5.29.15', der(0x03, Buffer.of(1, 0x06)), true),
      extension('2.5.29.14', der(0x04, identifier(spki))),
    ],
  });
  try {
    mkdirSync(folder(), { recursive: true, mode: 0o700 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(keyPath, pem, { mode: 0o600, flag: 'w' });
    writeFileSync(path, cert, { mode: 0o644 });
  } catch (error) {
    throw new Failure(`--tls: ${error instanceof Error ? error.message : error}`);
  }
  return { key: privateKey, cert, path };
}

/**
 * @param {object} what
 * @param {string} what.subject
 * @param {string} what.issuer
 * @param {Buffer} what.spki the subject's public key
 * @param {number} what.days
 * @param {import('node:crypto').KeyObject} what.key the issuer's
 * @param {Buffer[]} what.extensions
 * @returns {string} in PEM
 */
function certificate({ subject, issuer, spki, days, key, extensions }) {
  // ecdsa-with-SHA256 (RFC 5758 section 3.2)
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const serial = randomBytes(16);
  serial[0] = (serial[0] & 0x7f) | 0x40;
  const now = Date.now();
  const body = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(serial),
    algorithm,
    name(issuer),
    sequence(time(now - DAY), time(now + days * DAY)),
    name(subject),
    spki,
    der(0xa3, sequence(...extensions)),
  );
  const whole = sequence(body, algorithm, der(0x03, Buffer.of(0), sign('sha256', body, key)));
  const lines = whole.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** RFC 5280 section 4.2.1.2, the first of its ways. @param {Buffer} spki */
const identifier = (spki) => createHash('sha1').update(spki.subarray(-65)).digest();

/** @param {X509Certificate} of */
const spkiOf = (of) => of.publicKey.export({ type: 'spki', format: 'der' });

/** @param {number} tag @param {Buffer[]} parts */
function der(tag, ...parts) {
  const body = Buffer.concat(parts);
  const { length } = body;
  if (length < 128) return Buffer.concat([Buffer.of(tag, length), body]);
  const bytes = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...bytes), body]);
}

/** @param {Buffer[]} parts */
const sequence = (...parts) => der(0x30, ...parts);

/** @param {Buffer} bytes whose first bit is 0 */
const integer = (bytes) => der(0x02, bytes);

/** @param {string} dotted */
function oid(dotted) {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((arc) => {
    const digits = [arc & 127];
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128);
    return digits;
  });
  return der(0x06, Buffer.of(first * 40 + second, ...bytes));
}

/** commonName. @param {string} text */
const name = (text) =>
  sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(text.slice(0, 64))))));

/** GeneralizedTime from 2050 on, as RFC 5280 section 4.1.2.5 wants it. @param {number} at */
function time(at) {
  const digits = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '');
  const late = Number(digits.slice(0, 4)) >= 2050;
  return der(late ? 0x18 : 0x17, Buffer.from(late ? digits : digits.slice(2)));
}

/** @param {string} id @param {Buffer} value */
const extension = (id, value, critical = false) =>
  sequence(oid(id), ...(critical ? [der(0x01, Buffer.of(0xff))] : []), der(0x04, value));

/** @param {string} text a name or an address */
function generalName(text) {
  if (!isIP(text)) return der(0x82, Buffer.from(text));
  if (isIPv4(text)) return der(0x87, Buffer.from(text.split('.').map(Number)));
  // The groups that :: stands for.
  const [head, tail] = text.split('::').map((part) => part.split(':').filter(Boolean));
  const groups = tail
    ? [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail]
    : head;
  const bytes = Buffer.alloc(16);
  for (const [i, group] of groups.entries()) {
    bytes.writeUInt16BE(Number.parseInt(group, 16), i * 2);
  }
  return der(0x87, bytes);
}
