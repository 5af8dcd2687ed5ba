import { z } from 'zod';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * What a second, identical call does:
 * - `none`: it reads; it can be sent again at any time.
 * - `same`: it changes nothing more, such as a setting or a deletion; whether it took effect is looked up anyway.
 * - `another`: it makes, buys or starts another one. If its answer is lost, it must not be sent again blindly.
 */
export type Repeated = 'none' | 'same' | 'another';

/**
 * One action of the container service as data. Its client, its emulation in the sandbox, the RAM policy and the tests read
 * the same rows; a test compares them with the vendor's SDK.
 */
export interface CsAction<Path extends string = string, Body = unknown, Answer = unknown> {
  readonly method: Method;
  /** `/clusters/{ClusterId}/nodepools`: the names in braces are given by each call. */
  readonly path: Path;
  readonly repeated: Repeated;
  /** What edgeadm looks at; other keys are dropped. That of an order has nothing that must be there. */
  readonly answer: z.ZodType<Answer>;
  /** The answer is the text itself. */
  readonly isText?: true;
  /** Only its type counts. */
  readonly body?: Body;
}

/** The names in a path. */
export type PathNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathNames<Rest>
  : never;

/** A row without a body. */
export function csAction<const Path extends string, Answer>(
  method: Method,
  path: Path,
  row: Pick<CsAction<Path, undefined, Answer>, 'repeated' | 'answer' | 'isText'>,
): CsAction<Path, undefined, Answer> {
  return { method, path, ...row };
}

/** A row whose calls have a body; its keys are spelled as the service spells them. */
export function csActionWithBody<Body>() {
  return <const Path extends string, Answer>(
    method: Method,
    path: Path,
    row: Pick<CsAction<Path, Body, Answer>, 'repeated' | 'answer' | 'isText'>,
  ): CsAction<Path, Body, Answer> => ({ method, path, ...row });
}

type CamelCase<Key extends string> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Key;

/** Keys of an answer in our spelling; what may be null may be absent, and is never null. */
type Told<T> = {
  readonly [Key in keyof T as null extends T[Key] ? never : CamelCase<Key & string>]: T[Key];
} & {
  readonly [Key in keyof T as null extends T[Key] ? CamelCase<Key & string> : never]?: NonNullable<T[Key]>;
};

/** Left out or null if the service has no value. */
export const text = z.string().nullish();
export const number = z.number().nullish();
export const flag = z.boolean().nullish();

/** An object of an answer: keys as the service spells them in the shape, `camelCase` in what comes out. */
export function wire<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape).transform((found) => camelKeys(found) as Told<z.output<z.ZodObject<Shape>>>);
}

/** The answer of most orders. */
export const TASK_ANSWER = wire({ task_id: text });

function camelKeys(found: Readonly<Record<string, unknown>>): object {
  const told = Object.entries(found).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(told.map(([key, value]) => [key.replace(/_(\w)/g, (_, at) => at.toUpperCase()), value]));
}
