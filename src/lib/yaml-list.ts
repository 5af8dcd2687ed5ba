import { COLLECTION_STYLE, dump, EVENT_ID, type Event, getScalarValue, parseEvents } from 'js-yaml';

/**
 * Adds an item to the list at a key of a YAML map where its owner would: below the last item, or at the front of a list
 * in brackets. Comments and everything else stay. Callers compare what the result holds with what it should hold,
 * because a list behind an alias, for example, is not found.
 * @throws Error for a text that is not YAML
 */
export function appendYamlItem(text: string, key: string, item: object): string {
  const [document, root, ...events] = parseEvents(text, {});
  if (document === undefined || root?.type !== EVENT_ID.MAPPING) return withNewList(text, key, item);
  const children = childrenOf(events);
  const at = children.findLastIndex((event, i) => i % 2 === 0 && isKey(text, event, key));
  const [name, list, next] = children.slice(at, at + 3);
  if (at < 0 || name === undefined || list === undefined) return withNewList(text, key, item);
  if (list.type === EVENT_ID.SEQUENCE && list.style === COLLECTION_STYLE.FLOW) {
    const rest = text.slice(list.start + 1);
    return `${text.slice(0, list.start + 1)}${inline(item)}${/^\s*\]/.test(rest) ? '' : ', '}${rest}`;
  }
  if (list.type === EVENT_ID.SCALAR && list.valueStart >= 0)
    return `${text.slice(0, list.valueStart)}[${inline(item)}]${text.slice(list.valueEnd)}`;
  const indent = columnOf(text, startOf(list.type === EVENT_ID.SEQUENCE ? list : name));
  const end = list.type === EVENT_ID.SEQUENCE ? endOf(text, startOf(list), next, indent) : lineEnd(text, startOf(name));
  const lines = indented(dump([item], { lineWidth: -1 }), indent);
  const before = text.slice(0, end);
  return `${before}${before.endsWith('\n') ? '' : '\n'}${lines}${text.slice(end)}`;
}

function withNewList(text: string, key: string, item: object): string {
  const list = dump({ [key]: [item] }, { lineWidth: -1 });
  return text.trim() === '' ? list : `${text.trimEnd()}\n${list}`;
}

const inline = (item: object): string => dump(item, { lineWidth: -1, flowLevel: 0 }).trimEnd();
const indented = (lines: string, columns: number): string => lines.replaceAll(/^(?=.)/gm, ' '.repeat(columns));

/** Keys and values of the map whose events follow, in turn. */
function childrenOf(events: readonly Event[]): Event[] {
  let depth = 0;
  return events.filter(({ type }) => {
    if (type === EVENT_ID.POP) depth -= 1;
    const isChild = depth === 0 && type !== EVENT_ID.POP;
    if (type === EVENT_ID.SEQUENCE || type === EVENT_ID.MAPPING) depth += 1;
    return isChild;
  });
}

const isKey = (text: string, event: Event, key: string): boolean =>
  event.type === EVENT_ID.SCALAR && event.valueStart >= 0 && getScalarValue(text, event) === key;

function startOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart;
  return 'start' in event ? event.start : 0;
}

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;
const columnOf = (text: string, offset: number): number => offset - lineStart(text, offset);

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end + 1;
}

/** Where a list of lines ends: comments that are indented no more than its items belong to what follows. */
function endOf(text: string, start: number, next: Event | undefined, indent: number): number {
  const marker = text.slice(start).search(/^(---|\.\.\.)(\s|$)/m);
  const last = marker < 0 ? text.length : start + marker;
  let end = next === undefined ? last : lineStart(text, startOf(next));
  while (end > start) {
    const line = lineStart(text, end - 1);
    if (!isOutside(text.slice(line, end), indent)) break;
    end = line;
  }
  return end;
}

/** True for a line that is blank, or a comment in no more than these columns. */
function isOutside(line: string, indent: number): boolean {
  const column = line.search(/[^ \t\r\n]/);
  return column < 0 || (column <= indent && line[column] === '#');
}
