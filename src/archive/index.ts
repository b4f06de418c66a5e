export { type ArchivedFile, ArchiveError, readArchive, writeArchive } from './archive.ts';
