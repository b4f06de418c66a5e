/** A certificate with its private key, checked before it is used: readable, of one another, and valid today. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { TlsFile } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { readText, readTlsFile, TlsFileError } from './read-tls-file.ts';

export interface KeyPair {
  /** The certificate and those of its chain. */
  readonly cert: string;
  readonly key: string;
  /** When the certificate expires, in milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface KeyPairFiles {
  readonly cert: TlsFile;
  readonly key: TlsFile;
  /** Further certificates of the chain. */
  readonly ca?: TlsFile | undefined;
}

/** @throws TlsFileError naming the first file that is wrong */
export async function readKeyPair({ cert, key, ca }: KeyPairFiles): Promise<KeyPair> {
  const certificates = await readTlsFile(cert, 'CERTIFICATE');
  const keyText = await readText(key);
  const certificate = parseCertificate(cert, certificates);
  checkValidity(cert, certificate);
  const privateKey = parseKey(key, keyText);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new TlsFileError(
      key,
      `the key is not that of the certificate in ${cert.path}; write the key that the certificate was issued for`,
    );
  }
  const chain = ca === undefined ? certificates : `${certificates}\n${await readTlsFile(ca, 'CERTIFICATE')}`;
  try {
    createSecureContext({ cert: chain, key: keyText });
  } catch (error) {
    throw new TlsFileError(cert, `the certificate cannot be used: ${messageOf(error)}`);
  }
  return { cert: chain, key: keyText, expiresAt: certificate.validToDate.getTime() };
}

function parseCertificate(file: TlsFile, text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new TlsFileError(file, `the first certificate cannot be parsed: ${messageOf(error)}; write it again`);
  }
}

function checkValidity(file: TlsFile, { validFromDate, validToDate }: X509Certificate): void {
  const now = Date.now();
  if (validToDate.getTime() <= now)
    throw new TlsFileError(file, `the certificate expired at ${validToDate.toISOString()}; renew it`);
  if (validFromDate.getTime() > now) {
    throw new TlsFileError(
      file,
      `the certificate is valid from ${validFromDate.toISOString()}; check the clock of this machine`,
    );
  }
}

function parseKey(file: TlsFile, text: string): KeyObject {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw new TlsFileError(
      file,
      `the key is encrypted; write it decrypted, readable by this process alone: openssl pkey -in ${file.path} -out decrypted.key`,
    );
  }
  try {
    return createPrivateKey(text);
  } catch {
    throw new TlsFileError(
      file,
      'there is no private key in the file; write a PEM file with -----BEGIN PRIVATE KEY-----',
    );
  }
}
