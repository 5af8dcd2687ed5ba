import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { EdgeadmError } from '../src/errors/index.ts';

/** What the sandbox keeps: documents by kind and key, in one SQLite file. */
export interface Store {
  /** The document, parsed again at each call; undefined if there is none. */
  get<T>(kind: string, key: string): T | undefined;
  put(kind: string, key: string, document: unknown): void;
  /** @returns false if there was none */
  delete(kind: string, key: string): boolean;
  /** All documents of a kind, by key. */
  list<T>(kind: string): { readonly key: string; readonly document: T }[];
  /** Those that have a value under a key of their own; the others are not parsed. */
  listWith<T>(kind: string, property: string): { readonly key: string; readonly document: T }[];
  /** A number that is one higher each time, over restarts too: resource versions, identifiers. */
  next(counter: string): number;
  /** All or nothing; may not be nested. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** SQLite's codes for a file that it cannot make sense of. @see https://www.sqlite.org/rescode.html */
const DAMAGED = [11, 26];

/** @throws EdgeadmError SANDBOX_FAILED if the file is damaged, as after a power cut */
function openDatabase(path: string): DatabaseSync {
  // Commands open it beside the sandbox's own process.
  const database = new DatabaseSync(path, { timeout: 2000 });
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, document TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    `);
    return database;
  } catch (error) {
    database.close();
    const { errcode = 0, message } = error as Error & { errcode?: number };
    if (!DAMAGED.includes(errcode)) throw error;
    throw new EdgeadmError({
      code: 'SANDBOX_FAILED',
      what: `${path} is damaged`,
      why: message,
      next: 'edgeadm sandbox reset, then edgeadm sandbox up: they begin with an empty sandbox',
      cause: error,
    });
  }
}

/** @param path of the file, or `:memory:` */
export function openStore(path: string): Store {
  if (path !== ':memory:') keepPrivate(path);
  const database = openDatabase(path);
  const get = database.prepare('SELECT document FROM documents WHERE kind = ? AND key = ?');
  const put = database.prepare('INSERT OR REPLACE INTO documents (kind, key, document) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM documents WHERE kind = ? AND key = ?');
  const list = database.prepare('SELECT key, document FROM documents WHERE kind = ? ORDER BY key');
  const listWith = database.prepare(
    'SELECT key, document FROM documents WHERE kind = ? AND instr(document, ?) > 0 ORDER BY key',
  );
  const next = database.prepare(
    'INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value',
  );
  return {
    get: <T>(kind: string, key: string) => {
      const row = get.get(kind, key);
      return row === undefined ? undefined : (JSON.parse(String(row.document)) as T);
    },
    put: (kind, key, document) => void put.run(kind, key, JSON.stringify(document)),
    delete: (kind, key) => Number(remove.run(kind, key).changes) > 0,
    list: <T>(kind: string) =>
      list.all(kind).map((row) => ({ key: String(row.key), document: JSON.parse(String(row.document)) as T })),
    listWith: <T>(kind: string, property: string) =>
      listWith
        .all(kind, `"${property}":`)
        .map((row) => ({ key: String(row.key), document: JSON.parse(String(row.document)) as T }))
        .filter(({ document }) => Object.hasOwn(document as object, property)),
    next: (counter) => Number(next.get(counter)?.value),
    transaction: (work) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => database.close(),
  };
}

/** SQLite gives the mode of the database to the files that it makes beside it. */
function keepPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, 0o600);
}
