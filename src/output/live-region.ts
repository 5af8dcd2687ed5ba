import type { Style } from './style.ts';

/** The part of a terminal below everything that was printed, drawn again several times a second. */
export interface LiveRegion {
  /** Clears it, shows the cursor again, and gives the terminal back. */
  stop(): Promise<void>;
}

const SHOW_CURSOR = '\u001b[?25h';
const FRAME_MS = 100;

/**
 * Starts a region with one listr2 task for each item; an item's first line carries a spinner.
 * listr2 is loaded here and nowhere else: only a terminal pays for it.
 * @param items asked for each frame; their number may not change
 */
export async function startLiveRegion(
  terminal: NodeJS.WriteStream,
  style: Style,
  items: () => readonly string[],
): Promise<LiveRegion> {
  const { DefaultRenderer, Listr, ListrDefaultRendererLogLevels, ListrLogger, ProcessOutput, Spinner } = await import(
    'listr2'
  );
  // Progress goes to standard error, so standard output being a pipe says nothing.
  class Renderer extends DefaultRenderer {
    static override readonly nonTTY = true;
  }
  class Frames extends Spinner {
    protected override readonly spinner = [...(style.unicode ? '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' : '-\\|/')];
    override start(draw?: () => void): void {
      super.start(() => {
        retitle();
        draw?.();
      }, FRAME_MS);
    }
  }
  const tasks: { title?: string | unknown[] }[] = [];
  const retitle = (): void => {
    for (const [index, text] of items().entries()) {
      const task = tasks[index];
      if (task && task.title !== text) task.title = text;
    }
  };
  const ended = Promise.withResolvers<void>();
  const list = new Listr(
    items().map((title, index) => ({
      title,
      task: (_context: unknown, task: { title?: string | unknown[] }) => {
        tasks[index] = task;
        return ended.promise;
      },
    })),
    {
      concurrent: true,
      registerSignalListeners: false,
      renderer: Renderer,
      rendererOptions: {
        clearOutput: true,
        formatOutput: 'truncate',
        spinner: new Frames(),
        color: { [ListrDefaultRendererLogLevels.PENDING]: (text?: string) => style.yellow(text ?? '') },
        logger: new ListrLogger({ useIcons: true, processOutput: new ProcessOutput(terminal, terminal) }),
      },
    },
  );
  const write = terminal.write.bind(terminal);
  const showCursor = (): void => {
    write(SHOW_CURSOR);
  };
  process.once('exit', showCursor);
  const run = list.run();
  return {
    async stop() {
      ended.resolve();
      await run;
      process.off('exit', showCursor);
    },
  };
}
