/** A field of a message, as messages.txt has it. */
export interface MessageField {
  readonly number: number;
  /** `atomic`, `map(name)`, `merge(name)`, … */
  readonly notes: ReadonlyMap<string, readonly string[]>;
}

export interface Message {
  /** `core/v1` */
  readonly group: string;
  readonly name: string;
  readonly isAtomic: boolean;
  readonly fields: ReadonlyMap<string, MessageField>;
}

/** Reads messages.txt; its head explains the format. */
export function readMessages(text: string): Message[] {
  const messages: Message[] = [];
  let group = '';
  for (const line of text.split('\n').filter((one) => one && !one.startsWith('#'))) {
    const [head = '', ...fields] = line.trim().split(' ');
    const [name = '', note] = head.split(':');
    if (line.startsWith(' '))
      messages.push({ group, name, isAtomic: note === 'atomic', fields: new Map(fields.map(readField)) });
    else group = name;
  }
  return messages;
}

function readField(text: string): [string, MessageField] {
  const [head = '', ...notes] = text.split(':');
  const [name = '', number] = head.split('=');
  return [name, { number: Number(number), notes: new Map(notes.map(readNote)) }];
}

function readNote(text: string): [string, string[]] {
  const [, name = '', keys] = /^([\w+]+)(?:\((.*)\))?$/.exec(text) ?? [];
  return [name, keys?.split('+') ?? []];
}
