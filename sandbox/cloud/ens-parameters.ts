import type { EnsRecords } from './ens-records.ts';
import { CloudFailure } from './service.ts';

export type Parameters = Readonly<Record<string, string>>;

/** One action of the emulated ENS. */
export type EnsAction = (parameters: Parameters, records: EnsRecords) => object;

/** @throws CloudFailure MissingParameter */
export function requiredParameter(parameters: Parameters, name: string): string {
  const value = parameters[name];
  if (value) return value;
  throw missing(name);
}

/** A list with something in it. @throws CloudFailure MissingParameter */
export function neededList(parameters: Parameters, name: string): string[] {
  const list = listOf(parameters, name);
  if (list.length > 0) return list;
  throw missing(name);
}

function missing(name: string): CloudFailure {
  const message = `The input parameter "${name}" that is mandatory for processing this request is not supplied.`;
  return new CloudFailure(400, 'MissingParameter', message);
}

/** A list as RPC calls carry it: `Name=["a"]`, or `Name.1=a&Name.2=b`. */
export function listOf(parameters: Parameters, name: string): string[] {
  const text = parameters[name];
  if (text === undefined) {
    const repeated = Object.keys(parameters).filter((key) => key.startsWith(`${name}.`));
    return repeated.map((key) => parameters[key] ?? '');
  }
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  } catch {
    // Not JSON: reported below.
  }
  throw invalidParameter(name);
}

export function invalidParameter(name: string): CloudFailure {
  return new CloudFailure(
    400,
    `InvalidParameter.${name}`,
    `The specified field ${name} invalid. Please check it again.`,
  );
}
