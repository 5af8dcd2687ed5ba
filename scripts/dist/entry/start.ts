/** The first script of the packed program. It answers by itself what it can, and loads no more than a call needs. */
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { normalizeArguments } from '../../../src/cli/argv-aliases.ts';
import { preferSmallHeap } from '../../../src/lib/small-heap.ts';
import { loadChunk, readPart } from './parts.ts';
import { version } from './version.ts';

// First of all: a token on the command line must not stay visible in the process list.
process.title = 'edgeadm';
// Meant for this process, not for what it starts: see front.sh.
delete process.env.MALLOC_TRIM_THRESHOLD_;
// Libraries' deprecation warnings: Node prints none for code in node_modules.
process.noDeprecation = true;

type Part = { start(argv: string[]): Promise<void> };

/** As oclif decides it: `--help` before `--`, or nothing at all. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.length === 0 || (end < 0 ? argv : argv.slice(0, end)).includes('--help');
}

/**
 * The page that was rendered when this program was built, on Linux: right unless another width was requested, or
 * colours. Shells of Windows continue a line in another way than its examples.
 */
function renderedHelp(argv: readonly string[]): Buffer | undefined {
  const { env, platform } = process;
  if (platform === 'win32' || isatty(1) || env.OCLIF_COLUMNS || env.COLUMNS || env.FORCE_COLOR || env.DEBUG)
    return undefined;
  const words = argv.at(-1) === '--help' ? argv.slice(0, -1) : argv;
  // A name of a page, never a path.
  return words.every((word) => /^[a-z-]+$/.test(word)) ? readPart(`help/${words.join(' ') || 'edgeadm'}`) : undefined;
}

/** At once if that works; a pipe that is full, or has lost its reader, is a stream's business. */
function print(bytes: Buffer): void {
  let done = 0;
  try {
    while (done < bytes.length) done += writeSync(1, bytes, done);
  } catch {
    process.stdout.write(bytes.subarray(done));
  }
}

async function start(argv: string[]): Promise<void> {
  if (argv.length === 1 && argv[0] === '--version') return print(Buffer.from(`${version()}\n`));
  const page = asksForHelp(argv) ? renderedHelp(argv) : undefined;
  if (page) return print(page);
  if (asksForHelp(argv)) {
    try {
      return await (loadChunk('help') as Part).start(argv);
    } catch {
      // Whatever is wrong with the command line, the program itself says it.
    }
  }
  await (loadChunk('program', () => preferSmallHeap(argv)) as Part).start(argv);
}

void start(normalizeArguments(process.argv.slice(2)));
