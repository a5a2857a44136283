import { crc32, deflateRawSync } from "node:zlib";

export interface ZippedFile {
  /** In ASCII, with slashes. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** The first day that the format has, 1 January 1980, so that the time of packing is not in the file. */
const DATE = 0x21;
/** Deflate, and the version of the format that knows it. */
const DEFLATED = 8;
const VERSION_NEEDED = 20;
/** Made on Unix, so that the permissions below count. */
const MADE_BY = (3 << 8) | VERSION_NEEDED;
/** A regular file that everybody may read: Lambda runs the code as another user than its owner. */
const PERMISSIONS = 0o100644 * 0x1_0000;

/**
 * A zip archive that depends on nothing but its files: the same files, in whatever order, make the same bytes with the
 * same Node.js. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function zip(files: readonly ZippedFile[]): Buffer {
  const sorted = files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of sorted) {
    const packed = deflateRawSync(content, { level: 9 });
    const common = commonHeader({ name, crc: crc32(content), packed: packed.length, bytes: content.length });
    const header = Buffer.concat([uint32(0x04034b50), common, Buffer.from(name)]);
    local.push(header, packed);
    central.push(
      // No comment; on the first disk; not known to be text; where its local header stands.
      Buffer.concat([uint32(0x02014b50), uint16(MADE_BY), common, uint16(0), uint16(0), uint16(0)]),
      Buffer.concat([uint32(PERMISSIONS), uint32(offset), Buffer.from(name)]),
    );
    offset += header.length + packed.length;
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([...local, directory, endOf(sorted.length, directory.length, offset)]);
}

interface Described {
  readonly name: string;
  readonly crc: number;
  readonly packed: number;
  readonly bytes: number;
}

/** What the header before a file and its entry in the directory have in common. */
function commonHeader({ name, crc, packed, bytes }: Described): Buffer {
  return Buffer.concat([
    ...[VERSION_NEEDED, 0, DEFLATED, 0, DATE].map(uint16),
    ...[crc, packed, bytes].map(uint32),
    ...[Buffer.byteLength(name), 0].map(uint16),
  ]);
}

function endOf(files: number, directoryBytes: number, directoryOffset: number): Buffer {
  return Buffer.concat([
    uint32(0x06054b50),
    ...[0, 0, files, files].map(uint16),
    ...[directoryBytes, directoryOffset].map(uint32),
    uint16(0),
  ]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
