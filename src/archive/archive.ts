/**
 * Several files in one, which is only its owner's to read. It is gzip of one line of JSON, the manifest, and then of the
 * files in its order, byte after byte:
 *
 *     {"isthmus":"backup","format":1,"about":{…},"files":[{"path":"state.db","bytes":4096,"sha256":"…"}]}
 *
 * Nothing is taken out of one unless all of it is what the manifest says, and a path leads nowhere but below the folder that
 * it is taken out to. Files of any size: nothing of them is held in memory.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { invariant } from '../lib/index.ts';

export type ArchiveKind = 'backup' | 'bundle';

export interface ArchivedFile {
  /** With `/` between folders. */
  readonly path: string;
  readonly source: string;
}

interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Manifest {
  readonly isthmus: ArchiveKind;
  readonly format: 1;
  readonly about: Readonly<Record<string, unknown>>;
  readonly files: readonly ManifestFile[];
}

/** It cannot be used; the message says why. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

const maxManifestBytes = 16_000_000;
const newline = 0x0a;

/** Writes it whole: a killed process leaves the old file or the new one. */
export async function writeArchive(
  file: string,
  kind: ArchiveKind,
  about: Manifest['about'],
  files: readonly ArchivedFile[],
): Promise<void> {
  const described: ManifestFile[] = [];
  for (const { path, source } of files) {
    invariant(isSafe(path), `${path} is a path within an archive`);
    described.push({ path, bytes: (await stat(source)).size, sha256: await digestOf(source) });
  }
  const manifest: Manifest = { isthmus: kind, format: 1, about, files: described };
  async function* content(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${JSON.stringify(manifest)}\n`);
    for (const { source } of files) yield* createReadStream(source) as AsyncIterable<Uint8Array>;
  }
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const output = createWriteStream(temporary, { mode: 0o600, flags: 'wx', flush: true });
    await pipeline(Readable.from(content()), createGzip(), output);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Takes all files out to an empty folder.
 * @returns what the archive says of itself
 * @throws ArchiveError, with files left in the folder that are not to be used
 */
export async function readArchive(file: string, kind: ArchiveKind, folder: string): Promise<Manifest['about']> {
  const input = createReadStream(file);
  const plain = createGunzip();
  const reading = pipeline(input, plain).catch((error: unknown) => {
    plain.destroy(error as Error);
  });
  try {
    return await takeOut(new ByteReader(plain), kind, folder);
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new ArchiveError(`there is no file ${file}`);
    if (code?.startsWith('Z_') === true) throw new ArchiveError(`${file} is no archive of Isthmus, or is damaged`);
    throw new ArchiveError(`${file} cannot be read: ${message}`);
  } finally {
    input.destroy();
    plain.destroy();
    await reading;
  }
}

async function takeOut(reader: ByteReader, kind: ArchiveKind, folder: string): Promise<Manifest['about']> {
  const { about, files } = parseManifest(await reader.line(maxManifestBytes), kind);
  for (const { path, bytes, sha256 } of files) {
    const target = join(folder, ...path.split('/'));
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const output = await open(target, 'wx', 0o600);
    try {
      if ((await reader.copy(bytes, output)) !== sha256)
        throw new ArchiveError(`${path} is not what the manifest says`);
      await output.sync();
    } finally {
      await output.close();
    }
  }
  if (!(await reader.isAtEnd())) throw new ArchiveError('there is more than the manifest says');
  return about;
}

function parseManifest(line: string, kind: ArchiveKind): Manifest {
  let value: Partial<Manifest> | null;
  try {
    value = JSON.parse(line) as Partial<Manifest> | null;
  } catch {
    value = null;
  }
  const { isthmus, format, about, files } = value ?? {};
  if (isthmus !== kind) throw new ArchiveError(`this is no ${kind} of Isthmus`);
  if (format !== 1) throw new ArchiveError('it was written by a newer version of Isthmus');
  if (typeof about !== 'object' || about === null || !Array.isArray(files))
    throw new ArchiveError('its manifest is wrong');
  const paths = new Set<string>();
  for (const described of files as readonly Partial<ManifestFile>[]) {
    const { path, bytes, sha256 } = described ?? {};
    if (typeof path !== 'string' || !isSafe(path) || paths.has(path))
      throw new ArchiveError('its manifest has a path that is not one');
    if (!Number.isSafeInteger(bytes) || Number(bytes) < 0 || typeof sha256 !== 'string')
      throw new ArchiveError('its manifest is wrong');
    paths.add(path);
  }
  return value as Manifest;
}

/** Relative, and nowhere upwards. */
function isSafe(path: string): boolean {
  return (
    path.length <= 1_000 &&
    path.split('/').every((step) => step !== '' && step !== '.' && step !== '..' && !/[\\:\p{Cc}]/u.test(step))
  );
}

async function digestOf(source: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(source)) digest.update(chunk as Uint8Array);
  return digest.digest('hex');
}

/** Reads a stream by lines and by numbers of bytes. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async line(maxBytes: number): Promise<string> {
    let end = this.#rest.indexOf(newline);
    while (end === -1) {
      if (this.#rest.length > maxBytes) throw new ArchiveError('its manifest is too long');
      const chunk = await this.#next();
      if (chunk === undefined) throw new ArchiveError('it has no manifest');
      this.#rest = Buffer.concat([this.#rest, chunk]);
      end = this.#rest.indexOf(newline);
    }
    const text = this.#rest.subarray(0, end).toString('utf8');
    this.#rest = this.#rest.subarray(end + 1);
    return text;
  }

  /** @returns the digest of what was copied */
  async copy(bytes: number, output: FileHandle): Promise<string> {
    const digest = createHash('sha256');
    let remaining = bytes;
    while (remaining > 0) {
      const chunk = this.#rest.length > 0 ? this.#rest : await this.#next();
      if (chunk === undefined) throw new ArchiveError('it ends too early');
      const part = chunk.subarray(0, remaining);
      this.#rest = chunk.subarray(part.length);
      remaining -= part.length;
      digest.update(part);
      await output.writeFile(part);
    }
    return digest.digest('hex');
  }

  async isAtEnd(): Promise<boolean> {
    return this.#rest.length === 0 && (await this.#next()) === undefined;
  }

  async #next(): Promise<Buffer | undefined> {
    const { done, value } = await this.#chunks.next();
    return done === true ? undefined : value;
  }
}
