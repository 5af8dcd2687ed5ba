import { join } from 'node:path';
import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, ParsedKey } from 'ssh2';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import { registerSecret } from '../../lib/redact.ts';
import { readUserFile } from '../../lib/user-file.ts';
import { isEncryptedKey } from './encrypted-key.ts';

/** Tried in this order if no key is named. */
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** How many questions a host may ask in its own words during one connection attempt. */
const MAX_QUESTIONS = 8;
/** Characters of such a question that are shown. */
const QUESTION_SHOWN = 200;

/** Asks the user on the terminal without echo; undefined if there is no answer. What it throws ends the attempt. */
export type AskUser = (question: string, options?: { readonly signal?: AbortSignal }) => Promise<string | undefined>;

/** One course through all methods. */
export interface Attempt {
  readonly handler: AuthHandlerMiddleware;
  /** The methods that were offered so far, and notes on those that were not. */
  readonly tried: readonly string[];
}

/** What an attempt needs of the connection it is made for. */
export interface AttemptOptions {
  /** Ends the attempt with an error. */
  readonly fail: (error: EdgeadmError) => void;
  /** Stopped while the user is asked. */
  readonly limit: { start(): void; stop(): void };
  readonly signal?: AbortSignal;
}

/** One way of proving who we are, made only when its turn comes: a password is requested last. */
interface Offer {
  /** As the server calls it. */
  readonly type: AuthenticationType;
  readonly label?: string;
  readonly make: () => Promise<AnyAuthMethod | undefined>;
}

type ParseKey = (data: Buffer, passphrase?: string) => ParsedKey | Error;

export interface SshCredentialOptions {
  readonly user: string;
  /** `user@host`, for questions. */
  readonly name: string;
  readonly keyFile?: string;
  readonly home: string;
  /** SSH_AUTH_SOCK, EDGEADM_SSH_PASSWORD, EDGEADM_SSH_KEY_PASSPHRASE, EDGEADM_SUDO_PASSWORD. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ask?: AskUser;
  readonly parseKey: ParseKey;
}

/** What a user can show a host: keys, an agent, a password; used only when all else failed, and only once. */
export class SshCredentials {
  readonly #options: SshCredentialOptions;
  readonly #keys: { path: string; key: ParsedKey }[] = [];
  readonly #notes: string[] = [];
  #password: Promise<string | undefined> | undefined;

  private constructor(options: SshCredentialOptions) {
    this.#options = options;
    for (const name of ['EDGEADM_SSH_PASSWORD', 'EDGEADM_SSH_KEY_PASSPHRASE', 'EDGEADM_SUDO_PASSWORD']) {
      const value = options.environment[name];
      if (value) registerSecret(value);
    }
  }

  /** @throws EdgeadmError USAGE if the key that was named cannot be read. */
  static async load(options: SshCredentialOptions): Promise<SshCredentials> {
    const credentials = new SshCredentials(options);
    const paths = options.keyFile ? [options.keyFile] : DEFAULT_KEYS.map((name) => join(options.home, '.ssh', name));
    for (const path of paths) await credentials.#addKey(path);
    return credentials;
  }

  /** Passwords to try for sudo: its own, the one that SSH takes or none, and at last a prompt. */
  async *sudoPasswords(signal?: AbortSignal): AsyncGenerator<string | undefined> {
    const { EDGEADM_SUDO_PASSWORD: own, EDGEADM_SSH_PASSWORD: given } = this.#options.environment;
    const known = [own, given, await this.#password?.catch(() => undefined)].filter(Boolean);
    yield* new Set(known.length > 0 ? known : [undefined]);
    const asked = await this.#options.ask?.(`[sudo] password for ${this.#options.name}`, { signal }).catch((error) => {
      throw brokenOff(error);
    });
    if (!asked) return;
    registerSecret(asked);
    yield asked;
  }

  /** A fresh course through all methods, for one connection. */
  attempt(options: AttemptOptions): Attempt {
    const tried: string[] = [];
    const offers = [...this.#offers(options, tried)];
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
      advance().then(
        // ssh2 takes false for "nothing more to offer"; its types lack it.
        (method) => next(method ?? (false as never)),
        (error: unknown) => options.fail(brokenOff(error)),
      );
    };
    return { handler, tried };
  }

  /** `none` comes first: it always fails, and the answer names the methods that the server takes. */
  *#offers(options: AttemptOptions, tried: string[]): Generator<Offer> {
    const username = this.#options.user;
    yield { type: 'none', make: async () => ({ type: 'none', username }) };
    for (const { path, key } of this.#keys) {
      yield { type: 'publickey', label: `key ${path}`, make: async () => ({ type: 'publickey', username, key }) };
    }
    const agent = this.#options.environment.SSH_AUTH_SOCK;
    if (agent) {
      yield { type: 'publickey', label: `agent ${agent}`, make: async () => ({ type: 'agent', username, agent }) };
    }
    yield {
      type: 'password',
      label: 'password',
      make: async () => withPassword(username, await this.#passwordOnce(options)),
    };
    yield {
      type: 'keyboard-interactive',
      label: 'password (keyboard-interactive)',
      make: async () => this.#interactive(await this.#passwordOnce(options), options, tried),
    };
  }

  /**
   * Servers that leave passwords to PAM ask for them as a question. The password answers the first question that does
   * not echo, and no other: whatever else the host asks (a one-time code), the user is asked.
   */
  #interactive(password: string | undefined, options: AttemptOptions, tried: string[]): AnyAuthMethod | undefined {
    if (password === undefined) return undefined;
    let unused: string | undefined = password;
    let questions = 0;
    const answer = async ({ prompt, echo }: Prompt): Promise<string> => {
      questions += 1;
      if (questions > MAX_QUESTIONS) throw tooManyQuestions(this.#options.name);
      if (!echo && unused !== undefined) {
        const first = unused;
        unused = undefined;
        return first;
      }
      const text = shown(prompt);
      const given = await this.#askSecret(`${this.#options.name} asks: ${text}`, options);
      if (given === undefined) tried.push(`no answer to "${text}"`);
      return given ?? '';
    };
    const answerAll = async (prompts: readonly Prompt[]): Promise<string[]> => {
      const answers: string[] = [];
      for (const prompt of prompts) answers.push(await answer(prompt));
      return answers;
    };
    return {
      type: 'keyboard-interactive',
      username: this.#options.user,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        answerAll(prompts).then(finish, (error: unknown) => options.fail(brokenOff(error)));
      },
    };
  }

  /** A reconnect gives the same one; a question that was broken off is not asked again either. */
  #passwordOnce(options: AttemptOptions): Promise<string | undefined> {
    const given = this.#options.environment.EDGEADM_SSH_PASSWORD;
    this.#password ??= given ? Promise.resolve(given) : this.#askSecret(`password for ${this.#options.name}`, options);
    return this.#password;
  }

  async #askSecret(question: string, attempt?: Omit<AttemptOptions, 'fail'>): Promise<string | undefined> {
    attempt?.limit.stop();
    const answer = await this.#options.ask?.(question, { signal: attempt?.signal });
    attempt?.limit.start();
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
    const given = environment.EDGEADM_SSH_KEY_PASSPHRASE;
    const key = parseKey(data, given);
    if (!(key instanceof Error) || given || !isEncryptedKey(data.toString('latin1'))) return key;
    const passphrase = named ? await this.#askSecret(`passphrase for ${path}`) : undefined;
    if (passphrase) return parseKey(data, passphrase);
    return new Error('it is encrypted, set EDGEADM_SSH_KEY_PASSPHRASE or load it into an agent');
  }
}

function withPassword(username: string, password: string | undefined): AnyAuthMethod | undefined {
  return password === undefined ? undefined : { type: 'password', username, password };
}

interface Prompt {
  readonly prompt: string;
  readonly echo?: boolean;
}

/** Text of the host on its way to the terminal. */
function shown(text: string): string {
  return text.replaceAll(/\p{C}/gu, ' ').trim().slice(0, QUESTION_SHOWN);
}

function tooManyQuestions(name: string): EdgeadmError {
  return new EdgeadmError({
    code: 'SSH_AUTH_FAILED',
    what: `SSH authentication failed for ${name}`,
    why: `the host asked more than ${MAX_QUESTIONS} questions`,
  });
}

/** For what was thrown while the user was asked: Ctrl-C at the question. */
function brokenOff(thrown: unknown): EdgeadmError {
  const error = toEdgeadmError(thrown);
  if (error.code !== 'INTERNAL') return error;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new EdgeadmError({
    code: 'INTERRUPTED',
    what: 'interrupted at a password prompt',
    why,
    cause: thrown,
  });
}
