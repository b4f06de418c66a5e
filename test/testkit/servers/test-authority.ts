/** A certificate authority for tests, in a folder of its own: what `openssl ca` issues and revokes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface IssuedCertificate {
  /** Paths of PEM files. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

export interface IssueOptions {
  /** As openssl writes it: `/O=Shop/CN=billing`. @default /CN=127.0.0.1 */
  readonly subject?: string;
  /** As openssl writes it. @default IP:127.0.0.1,DNS:localhost */
  readonly names?: string;
  /** Days from today that it begins and ends. @default [-1, 30] */
  readonly days?: readonly [number, number];
}

const configuration = `[ca]
default_ca = test
[test]
dir = .
database = index.txt
new_certs_dir = .
serial = serial
crlnumber = crlnumber
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = optional
organizationName = optional
organizationalUnitName = optional
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
`;

export class TestAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), 'isthmus-authority-'));
  readonly caFile = join(this.folder, 'ca.pem');
  readonly crlFile = join(this.folder, 'revoked.pem');
  #issued = 0;

  constructor(name = 'test authority') {
    writeFileSync(join(this.folder, 'openssl.cnf'), configuration);
    writeFileSync(join(this.folder, 'index.txt'), '');
    writeFileSync(join(this.folder, 'serial'), '1000');
    writeFileSync(join(this.folder, 'crlnumber'), '01');
    this.#newKey('ca.key');
    const of = ['-new', '-x509', '-key', 'ca.key', '-out', 'ca.pem', '-days', '3650', '-subj', `/CN=${name}`];
    this.#openssl('req', ...of, '-config', 'openssl.cnf', '-extensions', 'authority');
    this.#writeRevoked();
  }

  get ca(): string {
    return readFileSync(this.caFile, 'utf8');
  }

  issue({
    subject = '/CN=127.0.0.1',
    names = 'IP:127.0.0.1,DNS:localhost',
    days = [-1, 30],
  }: IssueOptions = {}): IssuedCertificate {
    const name = `issued-${++this.#issued}`;
    this.#newKey(`${name}.key`);
    const extensions = names === '' ? [] : ['-addext', `subjectAltName=${names}`];
    const of = ['-new', '-key', `${name}.key`, '-out', `${name}.csr`, '-subj', subject, '-config', 'openssl.cnf'];
    this.#openssl('req', ...of, ...extensions);
    const [begins, ends] = days.map((day) => timeIn(day));
    const valid = ['-startdate', begins ?? '', '-enddate', ends ?? ''];
    this.#openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      'openssl.cnf',
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.pem`,
      ...valid,
    );
    const [certFile, keyFile] = [join(this.folder, `${name}.pem`), join(this.folder, `${name}.key`)];
    return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  }

  revoke({ certFile }: IssuedCertificate): void {
    this.#openssl('ca', '-config', 'openssl.cnf', '-revoke', certFile);
    this.#writeRevoked();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #newKey(file: string): void {
    this.#openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file);
  }

  #writeRevoked(): void {
    this.#openssl('ca', '-config', 'openssl.cnf', '-gencrl', '-out', 'revoked.pem');
  }

  #openssl(...command: string[]): void {
    execFileSync('openssl', command, { cwd: this.folder, stdio: 'pipe' });
  }
}

/** As ASN.1 writes it. */
function timeIn(days: number): string {
  return new Date(Date.now() + days * 86_400_000)
    .toISOString()
    .replaceAll(/[-:T]|\.\d+/g, '')
    .slice(2);
}
