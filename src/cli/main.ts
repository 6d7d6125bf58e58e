/**
 * The door of the command line. `--version` is answered before anything is loaded; everything else comes from chunks that are
 * loaded when they are needed. Only this file ends the process.
 */
import { TOOL } from '../tool.js';
import { Interrupt } from './interrupt.js';

const argv = process.argv.slice(2);

async function main(): Promise<number> {
  const interrupt = new Interrupt();
  // Ctrl-C and its kin: the exit handler of the process trees ends every server we started.
  for (const [name, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const)
    process.on(name, () => {
      if (interrupt.take(128 + number)) process.exit(128 + number);
    });
  // A reader that closes early (`| head`) is no error of ours.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  const { run, defect } = await import('./run.js');
  // What is thrown in a callback of a socket or a child is a defect of ours as well.
  process.on('uncaughtException', (error) => process.exit(defect(error, argv)));
  return run(argv, interrupt);
}

if (argv[0] === '--version' || argv[0] === '-V') {
  process.stdout.write(`${TOOL.version}\n`);
} else {
  const code = await main();
  // Written output must reach a pipe before the process ends.
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
  );
  process.exit(code);
}
