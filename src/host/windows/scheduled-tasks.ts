import { readTemplate } from '../../templates/index.ts';
import type { FileMethods, Machine } from '../machine.ts';
import { PATHS } from '../node-paths.ts';
import { type ObjectStore, requireExit } from './object-store.ts';

/** A program that SYSTEM runs a minute after each start of Windows. */
export interface ScheduledTask {
  readonly command: string;
  /** In one text, quoted as Windows passes them on. */
  readonly arguments: string;
  /** Working folder. */
  readonly folder: string;
}

/** Elements of a task's definition. Source: the schema of tasks, https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema */
const ELEMENTS = { command: 'Command', arguments: 'Arguments', folder: 'WorkingDirectory' } as const;
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;' } as const;
/** Only administrators can write beside it. */
const DEFINITION = `${PATHS.edgeadm.state}/task.xml`;

export interface TaskParts {
  readonly exec: Machine['exec'];
  readonly files: Pick<FileMethods, 'writeFile' | 'remove'>;
  readonly nativePath: (path: string) => string;
}

/** Tasks of the task scheduler by name, defined as XML: on a command line their own would have 261 characters. */
export function scheduledTasks({ exec, files, nativePath }: TaskParts): ObjectStore<ScheduledTask> {
  const schtasks = (...args: string[]) => exec('schtasks.exe', args, { repeatable: true });
  const read = async (name: string): Promise<ScheduledTask | undefined> => {
    const { exitCode, stdout } = await schtasks('/query', '/tn', name, '/xml');
    return exitCode === 0 ? taskIn(stdout) : undefined;
  };
  return {
    read,
    write: async (name, task) => {
      await files.writeFile(DEFINITION, Buffer.from(`\ufeff${definitionOf(task)}`, 'utf16le'), { mode: 0o600 });
      const result = await schtasks('/create', '/tn', name, '/xml', nativePath(DEFINITION), '/f');
      await files.remove(DEFINITION);
      requireExit(`schtasks /create /tn ${name}`, result);
    },
    // It has one exit code for a task that is missing and for every other failure.
    remove: async (name) => {
      if (await read(name)) requireExit(`schtasks /delete /tn ${name}`, await schtasks('/delete', '/tn', name, '/f'));
    },
  };
}

function definitionOf(task: ScheduledTask): string {
  const text = readTemplate('windows/task.xml').replaceAll('\n', '\r\n');
  return text.replace(/\{\{(\w+)\}\}/g, (_, key: keyof ScheduledTask) =>
    task[key].replace(/[&<>]/g, (char) => ENTITIES[char as keyof typeof ENTITIES]),
  );
}

/** Windows adds what was left out, and keeps what was written. */
function taskIn(xml: string): ScheduledTask | undefined {
  const [command, words, folder] = Object.values(ELEMENTS).map((name) => {
    const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
    return text?.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => CHARACTERS.get(entity) ?? '');
  });
  return command === undefined ? undefined : { command, arguments: words ?? '', folder: folder ?? '' };
}

const CHARACTERS = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
