// `ws4wasm inspect --tls`: the certificate, judged by Node and by OpenSSL, and clients that trust
// its authority and nobody else.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import WS from 'ws';
import { which } from '../../scripts/lib.mjs';
import { outputOf } from '../support/output.mjs';
import { echo, serveWs } from '../support/ws.mjs';
import { main } from './support.mjs';

const state = mkdtempSync(join(tmpdir(), 'ws4wasm-tls-'));
after(() => rmSync(state, { recursive: true, force: true }));

/**
 * @param {import('node:test').TestContext} t
 * @param {string[]} more
 */
async function proxy(t, ...more) {
  const at = await serveWs(t, echo);
  const args = [main, 'inspect', '--listen', '0', '--target', `ws://${at}`, '--tls', ...more];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NO_COLOR: '1', XDG_STATE_HOME: state },
  });
  t.after(() => child.kill('SIGKILL'));
  const output = outputOf(child);
  const [, port] = await output.printed(/Connect to wss:\/\/127\.0\.0\.1:(\d+)\//);
  const [, authority] = await output.printed(/Its certificate is by (\S+)\. To trust it/);
  return { port: Number(port), authority };
}

/** @param {number} port @param {string} ca @param {string} servername */
async function peerCertificate(port, ca, servername) {
  const socket = connectTls({ port, host: '127.0.0.1', ca, servername });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw);
}

test('OpenSSL finds nothing wrong with the certificates', async (t) => {
  if (!which('openssl')) return t.skip('there is no openssl');
  const { port, authority } = await proxy(t, '--tls-name', 'dev.test');
  const openssl = (/** @type {string[]} */ args, input = '') =>
    spawnSync('openssl', args, { input, encoding: 'utf8' });
  const served = await peerCertificate(port, readFileSync(authority, 'utf8'), 'localhost');
  const strict = ['verify', '-x509_strict', '-CAfile', authority];
  for (const [how, name] of [
    ['-verify_hostname', 'localhost'],
    ['-verify_hostname', 'dev.test'],
    ['-verify_ip', '127.0.0.1'],
  ]) {
    const { stdout, stderr } = openssl(
      [...strict, '-purpose', 'sslserver', how, name],
      `${served}`,
    );
    assert.equal(stdout, 'stdin: OK\n', `${name}: ${stderr}`);
  }
  assert.notEqual(openssl([...strict, '-verify_hostname', 'other'], `${served}`).status, 0);

  const text = (/** @type {X509Certificate | string} */ pem) =>
    openssl(['x509', '-noout', '-text', '-certopt', 'ext_error'], `${pem}`).stdout;
  const own = text(readFileSync(authority, 'utf8'));
  for (const [there, pattern] of /** @type {const} */ ([
    [own, /Version: 3 \(0x2\)/],
    [own, /Basic Constraints: critical\s+CA:TRUE/],
    [own, /Key Usage: critical\s+.*Certificate Sign/],
    [text(served), /Version: 3 \(0x2\)/],
    [text(served), /Signature Algorithm: ecdsa-with-SHA256/],
    [text(served), /NIST CURVE: P-256/],
    [text(served), /Basic Constraints: critical\s+CA:FALSE/],
    [text(served), /Extended Key Usage: *\s+TLS Web Server Authentication/],
    [text(served), /DNS:localhost, IP Address:127\.0\.0\.1, .*DNS:dev\.test/],
  ])) {
    assert.match(there, pattern);
  }
});

test('Python connects, and checks as strictly as it can', async (t) => {
  const python = which('python3');
  if (!python) return t.skip('there is no Python');
  const { port, authority } = await proxy(t);
  const code = `
import socket, ssl
for name in 'localhost', '127.0.0.1':
    context = ssl.create_default_context(cafile=${JSON.stringify(authority)})
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with socket.create_connection(('127.0.0.1', ${port})) as tcp:
        with context.wrap_socket(tcp, server_hostname=name) as tls:
            print(tls.version(), dict(x[0] for x in tls.getpeercert()['issuer'])['commonName'])
`;
  const child = spawn(python, ['-c', code]);
  const output = outputOf(child);
  assert.equal(await output.ended, 0, output.text);
  assert.equal(output.text, 'TLSv1.3 ws4wasm inspect, this machine only\n'.repeat(2));
});

test('a client that trusts the authority talks through it; others do not', async (t) => {
  const { port, authority } = await proxy(
    t,
    '--tls-name',
    'dev.test',
    '--tls-name',
    '2001:db8::7',
  );
  const ca = readFileSync(authority, 'utf8');
  assert.equal(statSync(join(state, 'ws4wasm/authority-key.pem')).mode & 0o777, 0o600);

  const ws = new WS(`wss://localhost:${port}/`, { ca, family: 4 });
  await once(ws, 'open');
  ws.send('over TLS');
  assert.equal(String((await once(ws, 'message'))[0]), 'over TLS');
  ws.close();
  await once(ws, 'close');

  const [error] = await once(new WS(`wss://127.0.0.1:${port}/`), 'error');
  assert.match(error.code, /SELF_SIGNED|UNABLE_TO/);

  const own = new X509Certificate(ca);
  const cert = await peerCertificate(port, ca, 'dev.test');
  assert.ok(own.ca && !cert.ca);
  assert.ok(own.verify(own.publicKey) && cert.verify(own.publicKey) && cert.checkIssued(own));
  assert.equal(
    cert.subjectAltName,
    'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:dev.test, IP Address:2001:DB8:0:0:0:0:0:7',
  );
  const days = (Date.parse(cert.validTo) - Date.now()) / 86_400_000;
  assert.ok(days > 80 && days < 398);
  assert.notEqual(cert.serialNumber, own.serialNumber);

  // The authority is kept, and the next certificate is another one.
  const again = await proxy(t);
  assert.equal(again.authority, authority);
  assert.equal(readFileSync(authority, 'utf8'), ca);
  const next = await peerCertificate(again.port, ca, 'localhost');
  assert.notEqual(next.serialNumber, cert.serialNumber);
});
