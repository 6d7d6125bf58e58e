/** How `mcp-verdict fix` is called. */
import { type Command, Option } from 'commander';
import type { FixOptions } from './fix.js';

const USAGE = `[options] <client>:<server>
       mcp-verdict fix [options] <client | file>
       mcp-verdict fix --undo [<client>:<server> | <file>]`;

const HELP = `
Nothing is written without --apply, and nothing that was not shown. The old text is kept for --undo, readable by you alone.

Exit codes: 0 nothing is wrong (any more), 1 there is something to fix, or it is still wrong after the fix, 2 wrong use or the file
could not be written (it is as it was then), 3 the server could not be observed, 70 defect in mcp-verdict.`;

/** Add the command. `collect` gathers an option that may be repeated, `done` takes the exit code. */
export function addFix(
  program: Command,
  collect: (value: string, before?: string[]) => string[],
  done: (code: number) => void,
): void {
  program
    .command('fix')
    .summary('show the edit that cures an entry, and write it')
    .description(
      'Show what is wrong with an entry or a configuration file of a client, as the edit that cures it. Write it with --apply, take it back with --undo.',
    )
    .usage(USAGE)
    .argument('[target]', 'entry (cursor:weather), client, or configuration file')
    .optionsGroup('What is done:')
    .option('--apply', 'write it: as a whole, with a backup, and only into a file that did not change meanwhile')
    .option('--undo', 'put the text before the last writing back')
    .option('--list', 'list what was written and can be taken back')
    .optionsGroup('What is fixed:')
    .option(
      '--set <NAME[=value]>',
      'give the server a variable; without a value that of your shell (repeatable)',
      collect,
    )
    .option('--only <rule>', 'make only the fixes of this rule (repeatable)', collect)
    .option('--static', 'read only: start no server, before or after')
    .option('--all', 'every configuration file of every client')
    .option('--client <id>', 'of a file: the client that reads it')
    .option('--project <dir>', 'the folder that is open in the client (default: the working directory)')
    .optionsGroup('Report:')
    .addOption(
      new Option('--format <format>', 'how the report is written').choices(['terminal', 'json']).default('terminal'),
    )
    .option('--output <file>', 'write the report to a file instead of stdout')
    .option('--quiet', 'no progress on stderr')
    .option('--no-color', 'no colours')
    .addHelpText('after', HELP)
    .action(async (target: string | undefined, options: FixOptions) => {
      const { fix } = await import('./fix.js');
      done(await fix(target, options));
    });
}
