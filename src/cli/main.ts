/**
 * The door of the command line. `--version` is answered before anything is loaded; everything else comes from chunks that are
 * loaded when they are needed. Only this file ends the process.
 */
import { TOOL } from '../tool.js';
import { EXIT } from './exit.js';

const argv = process.argv.slice(2);

/** Ctrl-C and its kin: the exit handler of the process trees ends every server we started. */
for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
] as const)
  process.on(name, () => process.exit(128 + number));

// A reader that closes early (`| head`) is no error of ours.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

if (argv[0] === '--version' || argv[0] === '-V') {
  process.stdout.write(`${TOOL.version}\n`);
} else {
  const { run } = await import('./run.js');
  const code = await run(argv).catch((error: unknown) => {
    process.stderr.write(
      `mcp-verdict: this is a defect in mcp-verdict: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return EXIT.defect;
  });
  // Written output must reach a pipe before the process ends.
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
  );
  process.exit(code);
}
