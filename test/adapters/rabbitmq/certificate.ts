import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A key and a certificate for it that vouches for itself, for localhost and 127.0.0.1: the files in
 * `folder`.
 */
export async function makeCertificate(folder: string): Promise<{ keyFile: string; certificateFile: string }> {
  const keyFile = join(folder, 'key.pem');
  const certificateFile = join(folder, 'certificate.pem');
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  await run('openssl', [...request, '-addext', names, '-keyout', keyFile, '-out', certificateFile]);
  return { keyFile, certificateFile };
}
