/** Reads the command line and hands over to the file of the command. */
import { Command, CommanderError, Option } from 'commander';
import { redactor } from '../case/redact.js';
import { escapeLine } from '../render/escape.js';
import { TOOL } from '../tool.js';
import { secretsOfRun } from './credentials.js';
import type { DoctorOptions } from './doctor.js';
import { EXIT, isUsageError, UsageError } from './exit.js';
import type { ExplainOptions } from './explain.js';
import { addFix } from './fix-command.js';
import { Interrupt } from './interrupt.js';
import { DOCTOR_FORMATS, FORMATS, VERIFY_FORMATS } from './options.js';
import { verify } from './verify.js';

const EXIT_HELP = `
Exit codes: 0 healthy, 1 something is wrong with the target, 2 wrong use, 3 inconclusive, 70 defect in mcp-verdict.
stdout carries the report and nothing else; progress goes to stderr.`;

/** What stands behind the first \`--\` is the command to start, word for word. */
function split(argv: string[]): { own: string[]; command: string[] | null } {
  const cut = argv.indexOf('--');
  return cut === -1 ? { own: argv, command: null } : { own: argv.slice(0, cut), command: argv.slice(cut + 1) };
}

const collect = (value: string, before: string[] = []): string[] => [...before, value];

const reporting = (command: Command, formats = FORMATS): Command =>
  command
    .optionsGroup('Report:')
    .addOption(new Option('--format <format>', 'how the report is written').choices(formats).default('terminal'))
    .option('--output <file>', 'write the report to a file instead of stdout')
    .option('--save-case <file>', 'also save what was seen; open it again with: mcp-verdict verify <file>')
    .addOption(
      new Option('--fail-on <level>', 'from which status on the exit code is 1')
        .choices(['broken', 'degraded', 'risky'])
        .default('degraded'),
    )
    .option('--quiet', 'no progress on stderr')
    .option('--no-color', 'no colours');

function build(command: string[] | null, interrupt: Interrupt, done: (code: number) => void): Command {
  const program = new Command('mcp-verdict')
    .description(
      "Says why an MCP server's connection failed, with the evidence and the fix, and verifies that a server is sound.",
    )
    .version(TOOL.version, '-V, --version', 'print the version')
    .addHelpText('after', EXIT_HELP)
    .showSuggestionAfterError()
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .exitOverride();

  reporting(program.command('verify'), VERIFY_FORMATS)
    .summary('investigate a server and judge it')
    .description(
      'Investigate a server and judge it: a URL, an entry in the configuration of a client, a command behind --, or a saved case file.',
    )
    .usage(
      '[options] <url | client:server | case file>\n       mcp-verdict verify [options] -- <command> [args...]\n       mcp-verdict verify [options] --targets <file | ->',
    )
    .argument('[target]', 'URL, entry of a client (cursor:weather) or case file')
    .optionsGroup('A command:')
    .option('--env <K=V>', 'variable of the server, as the env block of a config entry gives it (repeatable)', collect)
    .option('--inherit-env', "give the server your shell's whole environment, which MCP clients do not")
    .option('--cwd <dir>', 'working directory of the server')
    .optionsGroup('As a client does it:')
    .option(
      '--as <client[@version]>',
      'start and ask it in the part of this client, for example cursor; all: in that of every one, as a table',
    )
    .option('--project <dir>', 'folder that is open in the client (default: the working directory)')
    .optionsGroup('Credentials for a URL:')
    .option('--header <K: V>', 'header sent with every HTTP request (repeatable)', collect)
    .option('--bearer-env <NAME>', 'send the value of this environment variable as bearer token')
    .option('--basic-env <NAME>', 'send the value of this variable, user:password, as Basic credentials')
    .option('--query-env <key=NAME>', 'put the value of this variable into the query of the URL (repeatable)', collect)
    .optionsGroup('Signing in over OAuth:')
    .addOption(
      new Option('--auth <way>', 'sign in over OAuth: in your browser, or as the client itself').choices([
        'oauth',
        'client-credentials',
      ]),
    )
    .option('--client-id <id>', 'client that is registered at the authorization server')
    .option('--client-secret-env <NAME>', 'variable that holds the secret of that client')
    .option('--issuer <url>', 'authorization server of that client: it is shown to no other')
    .option('--client-key <file>', 'private key of that client (PEM), for private_key_jwt')
    .option('--client-metadata <url>', 'client ID metadata document to use where the server takes one')
    .option('--scope <scopes>', 'scopes to ask for, in place of those the server names')
    .option('--redirect-uri <uri>', 'redirect URI that is registered for the client (default: a free loopback port)')
    .option('--sign-in-timeout <s>', 'seconds to wait for somebody to sign in (default: 180)')
    .option('--no-browser', 'write the address to sign in at, and open no browser')
    .option('--remember', 'keep the sign-in for later runs; see: mcp-verdict auth list')
    .optionsGroup('How a target is looked at:')
    .addOption(
      new Option('--transport <transport>', 'transport spoken to a URL').choices(['http', 'sse']).default('http'),
    )
    .option('--complaint <text | file | ->', 'what a client says of this server: judged beside what is seen')
    .option('--watch <s>', 'also leave an event stream alone for so many seconds and see who ends it, and when')
    .option('--public-only', 'connect to public addresses only, also behind redirects')
    .optionsGroup('Many URLs:')
    .option(
      '--targets <file>',
      'investigate every URL of a list (- for standard input) and write a line of JSON for each',
    )
    .option(
      '--jobs <n>',
      'how many targets of the list are investigated at once (default: 8), or launches with --as all (default: 2)',
    )
    .optionsGroup('How a target is looked at:')
    .option('--timeout <s>', 'seconds to wait for one answer (default: 5 of silence, longer while the server works)')
    .option('--quick', 'as fast as possible: one start, no long wait for the shutdown')
    .option('--full', 'everything: the whole series of experiments on a URL; a sound command is started several times')
    .addHelpText(
      'after',
      `${EXIT_HELP}
With --as all: 1 when it fails in a client, 0 when it fails in none; clients of which it is not known what decides do not count.`,
    )
    .action(async (target: string | undefined, options) => {
      done(await verify(target, command, options, interrupt));
    });

  reporting(program.command('explain'))
    .summary('judge a pasted error or log, touching nothing')
    .description('Judge a pasted error message, a log file or a symptoms JSON, without touching anything.')
    .usage('[options] <file | - | "text">')
    .argument('<what>', 'a file, - for standard input, or the text itself')
    .optionsGroup('What is read:')
    .option('--server <name>', 'of a log or config with several servers, the one in question')
    .option('--client <id>', 'of a config, the client that reads it (default: told by its name and its keys)')
    .action(async (what: string, options: ExplainOptions) => {
      const { explain } = await import('./explain.js');
      done(await explain(what, options));
    });

  program
    .command('doctor')
    .summary('find every configured server on this machine and judge it')
    .description(
      'Find every MCP server that a client on this machine has configured, judge the files, then start each server as its client does.',
    )
    .optionsGroup('What is looked at:')
    .option('--client <id>', 'only the servers of this client (repeatable)', collect)
    .option('--server <name>', 'only servers of this name (repeatable)', collect)
    .option('--project <dir>', 'the folder that is open in the clients (default: the working directory)')
    .optionsGroup('What is started:')
    .option('--static', 'read the files, start nothing')
    .option('--yes', 'start servers that were not started before without asking, but none that is marked as dangerous')
    .option('--ask-again', 'forget what was answered for these servers before')
    .option('--jobs <n>', 'how many servers are started at once (default: 4 for each processor)')
    .option('--timeout <s>', 'seconds to wait for one answer (default: 5 of silence, longer while the server works)')
    .option('--quick', 'one start each, and no long wait for the shutdown')
    .optionsGroup('Report:')
    .addOption(new Option('--format <format>', 'how the report is written').choices(DOCTOR_FORMATS).default('terminal'))
    .option('--details', 'the whole report of every server that is not healthy, below the table')
    .option('--output <file>', 'write the report to a file instead of stdout')
    .addOption(
      new Option('--fail-on <level>', 'from which status on the exit code is 1')
        .choices(['broken', 'degraded', 'risky'])
        .default('degraded'),
    )
    .option('--quiet', 'no progress on stderr, and no questions')
    .option('--no-color', 'no colours')
    .addHelpText(
      'after',
      `
A server that was not started before is started only after a yes: in a terminal you are asked, and the answer is remembered for
exactly this entry. One that deletes files, takes rights or runs what it downloads needs a yes of its own in a terminal; --yes is
none. Without a terminal and without --yes nothing new is started, and the row says so.

Exit codes: 0 nothing is wrong (also when no server is configured, and with --static when the files are in order), 1 something is
wrong, 2 wrong use, 3 nothing is wrong but not everything could be looked at, 70 defect in mcp-verdict.`,
    )
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./doctor.js');
      done(await doctor(options));
    });

  addFix(program, collect, done);

  const auth = program.command('auth').description('The sign-ins that verify --auth oauth --remember has kept.');
  auth
    .command('list')
    .description('List them, without their tokens.')
    .addOption(new Option('--format <format>', 'how it is written').choices(['terminal', 'json']).default('terminal'))
    .option('--no-color', 'no colours')
    .action(async (options: { format: string; color: boolean }) => {
      const { listSignIns } = await import('./auth.js');
      done(await listSignIns(options));
    });
  auth
    .command('logout')
    .description('End one or all: the tokens are revoked at the authorization server, and removed from this machine.')
    .argument('[url]', 'URL of the server')
    .option('--all', 'end every one')
    .addOption(new Option('--format <format>', 'how it is written').choices(['terminal', 'json']).default('terminal'))
    .addHelpText(
      'after',
      `
Exit codes: 0 ended, 1 ended here, but the authorization server did not revoke a token, 2 wrong use or no such sign-in.`,
    )
    .action(async (url: string | undefined, options: { all?: boolean; format: string }) => {
      const { logOut } = await import('./auth.js');
      done(await logOut(url, options));
    });

  program
    .command('causes')
    .description('List the root causes that mcp-verdict can name, or show one.')
    .argument('[id]', 'id of a cause')
    .addOption(new Option('--format <format>', 'how it is written').choices(['terminal', 'json']).default('terminal'))
    .option('--no-color', 'no colours')
    .action(async (id: string | undefined, options: { format: string; color: boolean }) => {
      const { listCauses } = await import('./causes.js');
      done(listCauses(id, options));
    });
  return program;
}

/** What commander found wrong, as one sentence that says what to write instead. */
function sentence({ code, message }: CommanderError, program: Command): string {
  // The one command that is none without another.
  if (code === 'commander.help') return 'auth what? Write mcp-verdict auth list, or mcp-verdict auth logout <url>';
  const text = message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  const bare = text.endsWith('.') || text.endsWith(')') || text.endsWith('?') ? text : `${text}.`;
  return `${bare[0]?.toUpperCase()}${bare.slice(1)} See: ${program.name()} --help`;
}

/** One sentence on stderr, and with --format json one document on stdout, whatever happened. Returns the exit code. */
function complain(kind: keyof typeof EXIT & ('usage' | 'defect'), text: string, own: string[]): number {
  const says = escapeLine(redactor(secretsOfRun)(text), 600);
  const asJson = own.some((word, i) => word === '--format=json' || (word === '--format' && own[i + 1] === 'json'));
  if (asJson) process.stdout.write(`${JSON.stringify({ format: 'mcp-verdict.error/1', error: { kind, says } })}\n`);
  process.stderr.write(`mcp-verdict: ${says}\n`);
  return EXIT[kind];
}

/** An error nobody foresaw: the message redacted, then where in our own code it happened. Returns the exit code. */
export function defect(error: unknown, argv: string[]): number {
  const code = complain('defect', `this is a defect in mcp-verdict: ${String(error)}`, split(argv).own);
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  process.stderr.write(`${frames.join('\n')}\n`);
  return code;
}

/** @throws UsageError when the folder in which we were started is gone: nothing can be started from there. */
function inSomeFolder(): void {
  try {
    process.cwd();
  } catch {
    throw new UsageError('The working directory no longer exists. Change to one that does, for example: cd ~');
  }
}

/** Run a command line. Resolves to the exit code. */
export async function run(argv: string[], interrupt = new Interrupt()): Promise<number> {
  const { own, command } = split(argv);
  let code: number = EXIT.healthy;
  const program = build(command, interrupt, (value) => {
    code = value;
  });
  try {
    if (own.length === 0)
      throw new UsageError(
        'No command given. To find out why a server fails: mcp-verdict verify -- <command> [args...]',
      );
    inSomeFolder();
    await program.parseAsync(own, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.healthy;
    if (error instanceof CommanderError) return complain('usage', sentence(error, program), own);
    if (isUsageError(error)) return complain('usage', error.message, own);
    return defect(error, own);
  }
}
