import { join } from 'node:path';
import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, ParsedKey } from 'ssh2';
import { registerSecret } from '../../lib/redact.ts';
import { readUserFile } from '../../lib/user-file.ts';

/** Tried in this order where no key is named. */
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** Asks the user on his terminal without echo; undefined where he gives no answer. */
export type Ask = (question: string) => Promise<string | undefined>;

/** One way of proving who we are, made only when its turn comes: a password is asked for last. */
interface Offer {
  /** As the server calls it. */
  readonly type: AuthenticationType;
  readonly label?: string;
  readonly make: () => Promise<AnyAuthMethod | undefined>;
}

type ParseKey = (data: Buffer, passphrase?: string) => ParsedKey | Error;

export interface CredentialOptions {
  readonly user: string;
  /** `user@host`, for questions. */
  readonly name: string;
  readonly keyFile?: string;
  readonly home: string;
  /** SSH_AUTH_SOCK, EDGEADM_SSH_PASSWORD, EDGEADM_SSH_KEY_PASSPHRASE, EDGEADM_SUDO_PASSWORD. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ask?: Ask;
  readonly parseKey: ParseKey;
}

/** What a user can show a host: keys, an agent, a password; asked for only when all else failed, and only once. */
export class Credentials {
  readonly #options: CredentialOptions;
  readonly #keys: { path: string; key: ParsedKey }[] = [];
  readonly #notes: string[] = [];
  #password: Promise<string | undefined> | undefined;

  private constructor(options: CredentialOptions) {
    this.#options = options;
    for (const name of ['EDGEADM_SSH_PASSWORD', 'EDGEADM_SSH_KEY_PASSPHRASE', 'EDGEADM_SUDO_PASSWORD']) {
      const value = options.environment[name];
      if (value) registerSecret(value);
    }
  }

  /** @throws EdgeadmError USAGE where the key that was named cannot be read. */
  static async load(options: CredentialOptions): Promise<Credentials> {
    const credentials = new Credentials(options);
    const paths = options.keyFile ? [options.keyFile] : DEFAULT_KEYS.map((name) => join(options.home, '.ssh', name));
    for (const path of paths) await credentials.#addKey(path);
    return credentials;
  }

  /** Passwords to try for sudo: its own, the one that SSH takes or none, and at last one that is asked for. */
  async *sudoPasswords(): AsyncGenerator<string | undefined> {
    const { EDGEADM_SUDO_PASSWORD: own, EDGEADM_SSH_PASSWORD: given } = this.#options.environment;
    const known = [own, given, await this.#password].filter(Boolean);
    yield* new Set(known.length > 0 ? known : [undefined]);
    const asked = await this.#askSecret(`[sudo] password for ${this.#options.name}`);
    if (asked) yield asked;
  }

  /** A fresh course through all methods, for one connection; `tried` names those that were offered so far. */
  attempt(): { handler: AuthHandlerMiddleware; tried: readonly string[] } {
    const tried: string[] = [];
    const offers = [...this.#offers()];
    let accepted: readonly AuthenticationType[] | undefined;
    const advance = async (): Promise<AnyAuthMethod | undefined> => {
      for (let offer = offers.shift(); offer; offer = offers.shift()) {
        if (accepted && !accepted.includes(offer.type)) continue;
        const method = await offer.make();
        if (!method) continue;
        if (offer.label) tried.push(offer.label);
        return method;
      }
      tried.push(...this.#notes);
      return undefined;
    };
    const handler: AuthHandlerMiddleware = (left, _partial, next) => {
      if (left?.length) accepted = left;
      // ssh2 takes false for "nothing more to offer"; its types do not say so.
      advance().then((method) => next(method ?? (false as never)));
    };
    return { handler, tried };
  }

  /** `none` comes first: it always fails, and the answer names the methods that the server takes. */
  *#offers(): Generator<Offer> {
    const username = this.#options.user;
    yield { type: 'none', make: async () => ({ type: 'none', username }) };
    for (const { path, key } of this.#keys) {
      yield { type: 'publickey', label: `key ${path}`, make: async () => ({ type: 'publickey', username, key }) };
    }
    const agent = this.#options.environment.SSH_AUTH_SOCK;
    if (agent) {
      yield { type: 'publickey', label: `agent ${agent}`, make: async () => ({ type: 'agent', username, agent }) };
    }
    yield { type: 'password', label: 'password', make: async () => withPassword(username, await this.#passwordOnce()) };
    yield {
      type: 'keyboard-interactive',
      label: 'password (keyboard-interactive)',
      make: async () => withAnswer(username, await this.#passwordOnce()),
    };
  }

  #passwordOnce(): Promise<string | undefined> {
    const given = this.#options.environment.EDGEADM_SSH_PASSWORD;
    this.#password ??= given ? Promise.resolve(given) : this.#askSecret(`password for ${this.#options.name}`);
    return this.#password;
  }

  async #askSecret(question: string): Promise<string | undefined> {
    const answer = await this.#options.ask?.(question);
    if (answer) registerSecret(answer);
    return answer || undefined;
  }

  async #addKey(path: string): Promise<void> {
    const named = this.#options.keyFile !== undefined;
    let data: Buffer;
    try {
      data = await readUserFile(path, { what: 'SSH key' });
    } catch (error) {
      if (!named) return;
      throw error;
    }
    const key = await this.#unlock(path, data, named);
    if (key instanceof Error) this.#notes.push(`key ${path} was not offered: ${key.message}`);
    else this.#keys.push({ path, key });
  }

  async #unlock(path: string, data: Buffer, named: boolean): Promise<ParsedKey | Error> {
    const { parseKey, environment } = this.#options;
    const key = parseKey(data, environment.EDGEADM_SSH_KEY_PASSPHRASE);
    if (!(key instanceof Error) || !/encrypted/i.test(key.message)) return key;
    const passphrase = named ? await this.#askSecret(`passphrase for ${path}`) : undefined;
    if (passphrase) return parseKey(data, passphrase);
    return new Error('it is encrypted, set EDGEADM_SSH_KEY_PASSPHRASE or load it into an agent');
  }
}

function withPassword(username: string, password: string | undefined): AnyAuthMethod | undefined {
  return password === undefined ? undefined : { type: 'password', username, password };
}

/** Servers that leave passwords to PAM ask for them as a question. */
function withAnswer(username: string, password: string | undefined): AnyAuthMethod | undefined {
  if (password === undefined) return undefined;
  return {
    type: 'keyboard-interactive',
    username,
    prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)),
  };
}
