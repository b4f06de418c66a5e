import { ConfigError, type TlsFile } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { readTextFile } from '../lib/index.ts';

/** What is wrong with a file of the configuration, and how to mend it. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError';
  readonly file: TlsFile;

  constructor(file: TlsFile, message: string) {
    super(`${file.path}: ${message}`);
    this.file = file;
  }

  /** @param configFile that names the file */
  toConfigError(configFile: string): ConfigError {
    const { place: path, line } = this.file;
    return new ConfigError(configFile, [{ path, line, message: this.message }]);
  }
}

/** @throws TlsFileError where it cannot be read, or holds nothing of this kind */
export async function readTlsFile(file: TlsFile, kind: 'CERTIFICATE' | 'X509 CRL'): Promise<string> {
  const text = await readText(file);
  if (text.includes(`-----BEGIN ${kind}-----`)) return text;
  const what = kind === 'CERTIFICATE' ? 'certificate' : 'revocation list';
  throw new TlsFileError(
    file,
    `there is no ${what} in the file; write a PEM file, which has the line -----BEGIN ${kind}-----`,
  );
}

export async function readText(file: TlsFile): Promise<string> {
  try {
    return await readTextFile(file.path);
  } catch (error) {
    const reason = messageOf(error);
    throw new TlsFileError(
      file,
      `the file cannot be read (${reason}); write the path of one that this process may read`,
    );
  }
}
