// A self-signed certificate for localhost, made anew.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @returns {{ key: Buffer, cert: Buffer }} */
export function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-'));
  try {
    const key = join(folder, 'key.pem');
    const cert = join(folder, 'cert.pem');
    const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1';
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const what = ['-days', '2', '-subj', '/CN=localhost', '-addext', names];
    const args = ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...what];
    const { status, stderr, error } = spawnSync('openssl', args, { encoding: 'utf8' });
    if (status !== 0) throw error ?? new Error(`openssl: ${stderr}`);
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
