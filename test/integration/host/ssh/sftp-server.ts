import { constants, type Stats } from 'node:fs';
import {
  chmod,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';
import type { Duplex } from 'node:stream';

/** Requests of SFTP version 3 (draft-ietf-secsh-filexfer-02). */
const REQUESTS = {
  3: 'open',
  4: 'close',
  5: 'read',
  6: 'write',
  7: 'lstat',
  8: 'fstat',
  9: 'setstat',
  10: 'fsetstat',
  11: 'opendir',
  12: 'readdir',
  13: 'remove',
  14: 'mkdir',
  15: 'rmdir',
  17: 'stat',
  19: 'readlink',
  200: 'extended',
} as const;

type SftpRequest = (typeof REQUESTS)[keyof typeof REQUESTS];

/** What the server answers instead of the truth. */
type SftpAnswer =
  | 'nothing'
  | { readonly failure: number }
  | { readonly data: Buffer }
  | { readonly names: readonly string[] }
  | { readonly mode: number; readonly size: number };

/** Asked before each request; undefined where it is to be served. */
export type SftpFault = (request: SftpRequest, path: string) => SftpAnswer | undefined;

const STATUS = 101;
const HANDLE = 102;
const DATA = 103;
const NAME = 104;
const ATTRS = 105;
const CODES: Record<string, number> = { EOF: 1, ENOENT: 2, ENOTDIR: 2, EACCES: 3 };

/** What an SFTP server of Windows does otherwise. */
export interface WindowsSftp {
  /** Where `/C:/x` is on this machine. */
  readonly place: (path: string) => string;
  /** Files that are open for writing, which it shares with nobody. */
  readonly busy: Set<string>;
}

/** OpenSSH's sftp-server as far as edgeadm uses it, over the files of this machine. */
export function serveSftp(stream: Duplex, fault: () => SftpFault | undefined, windows?: WindowsSftp): void {
  const server = new SftpServer(stream, fault, windows);
  let rest = Buffer.alloc(0);
  let last = Promise.resolve();
  stream.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const packet = rest.subarray(4, 4 + rest.readUInt32BE(0));
      rest = rest.subarray(4 + packet.length);
      last = last.then(() => server.handle(packet));
    }
  });
  stream.on('end', () => stream.end());
  stream.on('close', () => server.close());
}

class SftpServer {
  readonly #stream: Duplex;
  readonly #fault: () => SftpFault | undefined;
  readonly #files = new Map<number, FileHandle>();
  readonly #folders = new Map<number, string[]>();
  readonly #paths = new Map<number, string>();
  readonly #windows: WindowsSftp | undefined;
  #next = 1;

  constructor(stream: Duplex, fault: () => SftpFault | undefined, windows: WindowsSftp | undefined) {
    this.#stream = stream;
    this.#fault = fault;
    this.#windows = windows;
  }

  close(): void {
    for (const handle of this.#files.keys()) this.#windows?.busy.delete(this.#paths.get(handle) ?? '');
    for (const file of this.#files.values()) file.close().catch(() => {});
    this.#files.clear();
  }

  async handle(packet: Buffer): Promise<void> {
    if (packet[0] === 1) {
      const extensions = ['posix-rename@openssh.com', 'fsync@openssh.com'].flatMap((name) => [text(name), text('1')]);
      return this.#send(Buffer.concat([Buffer.from([2]), number(3), ...extensions]));
    }
    const id = packet.readUInt32BE(1);
    const request = REQUESTS[packet[0] as keyof typeof REQUESTS];
    const fields = new Fields(packet.subarray(5));
    const subject = fields.peek();
    const path =
      request === 'extended'
        ? ''
        : (this.#paths.get(subject.length === 4 ? subject.readUInt32BE(0) : 0) ?? subject.toString());
    const lie = this.#fault()?.(request, path);
    if (lie === 'nothing') return;
    if (lie) return this.#lie(id, lie);
    try {
      await this.#serve(id, request, fields);
    } catch (error) {
      this.#status(id, CODES[(error as { code?: string }).code ?? ''] ?? 4, (error as Error).message);
    }
  }

  #lie(id: number, lie: Exclude<SftpAnswer, 'nothing'>): void {
    if ('failure' in lie) this.#status(id, lie.failure, 'no');
    else if ('data' in lie) this.#answer(DATA, id, Buffer.concat([number(lie.data.length), lie.data]));
    else if ('names' in lie) this.#names(id, lie.names);
    else this.#answer(ATTRS, id, attributes({ ...lie, uid: 0, gid: 0 } as Stats));
  }

  async #serve(id: number, request: SftpRequest, fields: Fields): Promise<void> {
    switch (request) {
      case 'open': {
        const path = this.#path(fields);
        const flags = fields.number();
        const mode = fields.attributes().mode ?? 0o666;
        if (this.#windows?.busy.has(path)) throw Object.assign(new Error('sharing violation'), { code: 'EACCES' });
        const file = await open(path, modeOfOpening(flags), mode);
        if (flags & WRITE) this.#windows?.busy.add(path);
        return this.#handle(id, path, (handle) => this.#files.set(handle, file));
      }
      case 'opendir': {
        const path = this.#path(fields);
        const names = await readdir(path);
        return this.#handle(id, path, (handle) => this.#folders.set(handle, names));
      }
      case 'readdir': {
        const handle = fields.handle();
        const names = this.#folders.get(handle)?.splice(0, 100) ?? [];
        return names.length > 0 ? this.#names(id, names) : this.#status(id, CODES.EOF ?? 1);
      }
      case 'close': {
        const handle = fields.handle();
        await this.#files.get(handle)?.close();
        if (this.#files.delete(handle)) this.#windows?.busy.delete(this.#paths.get(handle) ?? '');
        return this.#status(id, 0);
      }
      case 'read': {
        const file = this.#file(fields);
        const position = fields.long();
        const { buffer, bytesRead } = await file.read(Buffer.alloc(fields.number()), 0, undefined, position);
        if (bytesRead === 0) return this.#status(id, CODES.EOF ?? 1);
        return this.#answer(DATA, id, Buffer.concat([number(bytesRead), buffer.subarray(0, bytesRead)]));
      }
      case 'write': {
        const file = this.#file(fields);
        const position = fields.long();
        const bytes = fields.bytes();
        for (let done = 0; done < bytes.length; )
          done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
        return this.#status(id, 0);
      }
      case 'fstat':
        return this.#answer(ATTRS, id, attributes(await this.#file(fields).stat()));
      case 'lstat':
        return this.#answer(ATTRS, id, attributes(await lstat(this.#path(fields))));
      case 'stat':
        return this.#answer(ATTRS, id, attributes(await stat(this.#path(fields))));
      case 'fsetstat': {
        const file = this.#file(fields);
        const { mode, uid, gid } = fields.attributes();
        if (mode !== undefined) await file.chmod(mode & 0o7777);
        if (uid !== undefined) await file.chown(uid, gid ?? uid);
        return this.#status(id, 0);
      }
      case 'setstat':
        await chmod(this.#path(fields), (fields.attributes().mode ?? 0) & 0o7777);
        return this.#status(id, 0);
      case 'mkdir':
        await mkdir(this.#path(fields), fields.attributes().mode);
        return this.#status(id, 0);
      case 'rmdir':
        await rmdir(this.#path(fields));
        return this.#status(id, 0);
      case 'remove':
        await unlink(this.#path(fields));
        return this.#status(id, 0);
      case 'readlink':
        return this.#names(id, [await readlink(this.#path(fields))]);
      case 'extended':
        if (fields.text() === 'posix-rename@openssh.com') await rename(this.#path(fields), this.#path(fields));
        else await this.#file(fields).sync();
        return this.#status(id, 0);
    }
  }

  #path(fields: Fields): string {
    const path = fields.text();
    return this.#windows?.place(path) ?? path;
  }

  #file(fields: Fields): FileHandle {
    const file = this.#files.get(fields.handle());
    if (!file) throw new Error('no such handle');
    return file;
  }

  #handle(id: number, path: string, keep: (handle: number) => void): void {
    const handle = this.#next++;
    keep(handle);
    this.#paths.set(handle, path);
    this.#answer(HANDLE, id, Buffer.concat([number(4), number(handle)]));
  }

  #names(id: number, names: readonly string[]): void {
    const entries = names.flatMap((name) => [text(name), text(name), number(0)]);
    this.#answer(NAME, id, Buffer.concat([number(names.length), ...entries]));
  }

  #status(id: number, code: number, message = ''): void {
    this.#answer(STATUS, id, Buffer.concat([number(code), text(message), text('')]));
  }

  #answer(type: number, id: number, body: Buffer): void {
    this.#send(Buffer.concat([Buffer.from([type]), number(id), body]));
  }

  #send(body: Buffer): void {
    this.#stream.write(Buffer.concat([number(body.length), body]));
  }
}

/** The fields of a request, one after the other. */
class Fields {
  #rest: Buffer;

  constructor(packet: Buffer) {
    this.#rest = packet;
  }

  peek(): Buffer {
    return this.#rest.subarray(4, 4 + this.#rest.readUInt32BE(0));
  }

  number(): number {
    const value = this.#rest.readUInt32BE(0);
    this.#rest = this.#rest.subarray(4);
    return value;
  }

  long(): number {
    return this.number() * 2 ** 32 + this.number();
  }

  bytes(): Buffer {
    const length = this.number();
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  handle(): number {
    return this.bytes().readUInt32BE(0);
  }

  attributes(): { mode?: number; uid?: number; gid?: number } {
    const flags = this.number();
    if (flags & 1) this.long();
    const [uid, gid] = flags & 2 ? [this.number(), this.number()] : [];
    const mode = flags & 4 ? this.number() : undefined;
    return { mode, uid, gid };
  }
}

/** Bits of how a file is opened, which others do without. */
const WRITE = 0x02;

function modeOfOpening(flags: number): string | number {
  if (flags & 0x20) return 'wx';
  if (flags & 0x04) return 'a';
  if (flags & 0x10) return 'w';
  if (flags & 0x08) return constants.O_RDWR | constants.O_CREAT;
  return flags & WRITE ? 'r+' : 'r';
}

function attributes({ size, uid, gid, mode, mtimeMs = 0 }: Partial<Stats> & { size: number }): Buffer {
  const [high, low] = [Math.floor(size / 2 ** 32), size % 2 ** 32];
  const seconds = Math.floor(mtimeMs / 1000);
  return Buffer.concat([1 | 2 | 4 | 8, high, low, uid ?? 0, gid ?? 0, mode ?? 0, seconds, seconds].map(number));
}

function number(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value >>> 0);
  return buffer;
}

function text(value: string): Buffer {
  return Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(value)]);
}
