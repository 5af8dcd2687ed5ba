import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json } from '../json.ts';

/** A field, an index, all of a list, or those of its items that a condition holds for. */
const STEP =
  /\.((?:\\.|[^.[\]\\])+)|\[(?:(\*)|(-?\d+)|'((?:\\.|[^'\\])*)'|\?\(\s*@\.([\w.-]+)\s*(==|!=)\s*("[^"]*"|'[^']*'|[\w.-]+)\s*\))\]/y;

type Step = (value: Json) => Json[];

/**
 * Reads a path as CustomResourceDefinitions have it: `.status.conditions[?(@.type=="Ready")].status`.
 * @returns what finds the values there, in order; undefined for a path that it does not understand
 */
export function jsonPath(text: string): ((value: Json) => Json[]) | undefined {
  const steps: Step[] = [];
  // Of its own: a condition is a path, too.
  const step = new RegExp(STEP);
  while (step.lastIndex < text.length) {
    const found = step.exec(text);
    if (!found) return undefined;
    steps.push(stepOf(found));
  }
  return (value) => steps.reduce((values, take) => values.flatMap(take), [value]);
}

function stepOf([, field, all, index, quoted, condition = '', operator, wanted = '']: RegExpExecArray): Step {
  const name = field ?? quoted;
  if (name !== undefined) return field === '*' ? children : fieldNamed(name.replace(/\\(.)/g, '$1'));
  if (all) return children;
  if (index !== undefined) return (value) => itemsAt(value, Number(index));
  const path = jsonPath(`.${condition}`);
  const literal = literalOf(wanted);
  return (value) =>
    children(value).filter(
      (item) => (path?.(item) ?? []).some((each) => isDeepStrictEqual(each, literal)) === (operator === '=='),
    );
}

function fieldNamed(name: string): Step {
  return (value) => {
    const found = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return found === undefined ? [] : [found];
  };
}

function itemsAt(value: Json, index: number): Json[] {
  const found = Array.isArray(value) ? value.at(index) : undefined;
  return found === undefined ? [] : [found];
}

function children(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function literalOf(text: string): Json {
  if (/^["']/.test(text)) return text.slice(1, -1);
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}
