/** The first script of the packed program. It answers `--version` by itself and loads no more than a call needs. */
import { loadChunk } from './chunks.ts';
import { version } from './version.ts';

// First of all: a token on the command line must not stay visible in the process list.
process.title = 'edgeadm';

type Part = { start(argv: string[]): Promise<void> };

/** As oclif decides it: `--help` before `--`, or nothing at all. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.length === 0 || (end < 0 ? argv : argv.slice(0, end)).includes('--help');
}

async function start(argv: string[]): Promise<void> {
  if (argv[0] === '--version') {
    process.stdout.write(`${version()}\n`);
    return;
  }
  if (asksForHelp(argv)) {
    try {
      return await (loadChunk('help') as Part).start(argv);
    } catch {
      // Whatever is wrong with the command line, the program itself says it.
    }
  }
  await (loadChunk('program') as Part).start(argv);
}

void start(process.argv.slice(2));
