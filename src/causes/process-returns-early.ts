import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { SILENCE } from './consequences.js';
import { find, WORDS, words } from './words.js';

/** Node.js waits for nothing more although the program awaits (exit code 13); asyncio runtimes warn of what was not awaited. */
const UNAWAITED =
  /unsettled top-level await|coroutine '[^']+' was never awaited|Top-level await promise never resolved/;
const SAID =
  /\b(?:process|server|child|program)\b.{0,40}\b(?:exited|ended|finished|terminated|closed)\b.{0,30}\b(?:code[ :=]*0\b|cleanly|without (?:an )?error|immediately|normally)/i;
const PROSE =
  /\b(?:process|server|program|script|container|it|command)\b.{0,40}\b(?:exits?|exited|ends?|ended|quits?|stops?|stopped|terminates?|returns?|finishes|dies)\b.{0,20}\b(?:silently|immediately|instantly|at once|right away|straight away|cleanly|without (?:any |an )?(?:error|output|message|respon\w+)|with(?: exit)?(?: code| status)? 0|no (?:output|error))/i;
/** What Claude Desktop says of every early end; with a script as command and no other word, its run loop is the first suspect. */
/** A request that was waited for: the program was there. */
const WAITED = /timed? ?out|-32001/i;
const EARLY =
  /process exiting early|connection closed: initiali[sz]e response|transport closed(?: unexpectedly)?\b|exited before responding to/i;
const SCRIPT = /\.(?:py|[cm]?js|ts|rb|php|sh)$/i;
/** The conversation was open: then this is no early end. */
const OPEN =
  /tools\/call|\btool calls?\b|\ball (?:\d+ |its |of its )?tools\b|\btools? (?:\w+ ){0,2}(?:disconnect|disappear|vanish)/i;
/** A line that gives a reason for the end: then something else is the cause. */
const REASON =
  /\b(?:error|exception|fatal|fail(?:ed|ure)|traceback|panic|missing|required|invalid|denied|refused|cannot|could not|unable|not found|usage)\b/i;

export default defineCause({
  id: 'process-returns-early',
  title: 'The program ends at once without an error, because it never starts to serve',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'MCP error -32000: Connection closed',
    'Server disconnected',
    'Server transport closed unexpectedly, this is likely due to the process exiting early',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: ['process-crashed', ...SILENCE],

  match(given) {
    const { process, handshake, stdout, stderr, launch } = given;
    const { exit } = process ?? {};
    if (process?.spawnError || (exit && exit.by !== 'itself') || (stdout?.messages ?? 0) > 0) return null;
    if (handshake?.initialize.status === 'answered' || handshake?.discover.status === 'answered') return null;
    const lines = words(given);
    const unawaited = find(lines, UNAWAITED)?.line;
    // VS Code and its kin add the code of an end with one: "Stopped" alone was a code 0.
    const stopped = lines.some(({ text }) => /Connection state: Stopped\b/.test(text))
      ? find(lines, /exited before responding to/i)?.line
      : undefined;
    const told = exit ? null : (find(lines, SAID, PROSE)?.line ?? stopped);
    const quiet = !lines.some((line) => line.from !== 'client' && line !== unawaited && REASON.test(line.text));
    // A client may make its own code of it.
    const serves = unawaited !== undefined && quiet && !(process !== undefined && process.pid !== null);
    const done = exit?.signal === null && (exit.code === 0 || exit.code === 13);
    const mute = lines.every(({ from, text }) => from === 'client' && !WAITED.test(text));
    const early =
      exit ||
      process ||
      !mute ||
      // A client's log that shows initialize go out, and the end as the only answer, is as good as the name of a script.
      !(
        handshake?.initialize.status === 'closed' ||
        lines.some(({ text }) => /connection closed: initiali[sz]e response/.test(text)) ||
        (launch?.args ?? []).some((word) => SCRIPT.test(word))
      )
        ? undefined
        : find(lines, EARLY)?.line;
    if (
      exit && !serves
        ? !done || (!quiet && !unawaited)
        : !told && !early && !serves && !(unawaited && process === undefined)
    )
      return null;
    // A program that reads an empty or closed stdin ends just so: then the way to its stdin is at fault, not the program.
    const command = [launch?.command ?? '', ...(launch?.args ?? [])];
    const detached =
      /^(?:docker|podman|nerdctl|kubectl)$/.test(command[0] ?? '') &&
      !command.some((w) => /^(?:-i|-it|-ti|--interactive(?:=true)?|-[a-z]*i[a-z]*)$/.test(w));
    const doubtful = process?.stdinIs === 'null' || process?.stdinIs === 'file' || detached;
    const live = process !== undefined && process.pid !== null;
    const thin = (early && !told && !unawaited) || (!live && lines.some(({ text }) => OPEN.test(text)));
    return {
      certainty: thin ? 'possible' : !exit || doubtful || !(live || unawaited) ? 'likely' : 'certain',
      cites: [
        ...(unawaited ? [unawaited.at] : []),
        ...(exit ? [at('process', 'exit')] : []),
        ...(told ? [told.at] : early && !unawaited ? [early.at] : []),
      ],
      facts: {
        lifetimeMs: live ? Math.round(process.lifetimeMs) : null,
        unawaited: unawaited?.text.trim().slice(0, 200) ?? null,
        silent: (stderr?.lines.length ?? 0) === 0,
        runtime:
          /python|uv|pipx|fastmcp|\bmcp\b/.test(command.join(' ')) || /coroutine/.test(unawaited?.text ?? '')
            ? 'python'
            : /node|npx|tsx|bun|deno/.test(command.join(' ')) || unawaited
              ? 'node'
              : null,
      },
    };
  },
  say: ({ lifetimeMs, unawaited }) =>
    `The program ran to its end without an error${lifetimeMs === null ? '' : ` in ${lifetimeMs} ms`} and without an answer: it sets the server up, but nothing keeps it serving${unawaited ? ` ("${unawaited}")` : ''}.`,
  fix: ({ runtime }) => {
    const python = {
      say: 'Python: end the script with the run loop, and point the entry to the file that has it:',
      edit: { file: 'the script of the entry', to: 'if __name__ == "__main__":\n    mcp.run()' },
    };
    const node = {
      say: 'Node.js: connect the server to its transport at the top level, and await it:',
      edit: { file: 'the script of the entry', to: 'await server.connect(new StdioServerTransport());' },
    };
    return [
      ...(runtime === 'node' ? [node] : runtime === 'python' ? [python] : [python, node]),
      {
        say: 'If the server is not yours, its README names the command that serves: often a subcommand (`serve`, `mcp`), an option (`--stdio`) or another file. Check the new command:',
        run: 'mcp-verdict verify -- <command>',
      },
    ];
  },
  why: 'A file that only defines tools, or tests for a main module that it is not when a link or a launcher starts it, runs to its last line and ends with code 0. Nothing is printed, and the client reports a closed connection as for any crash.',
  refs: ['https://modelcontextprotocol.io/docs/develop/build-server', 'https://nodejs.org/api/process.html#exit-codes'],
  examples: [
    {
      name: 'code 0 and not a word',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'Server transport closed', exitCode: 0 },
    },
    {
      name: 'an await that nothing keeps alive',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'Warning: Detected unsettled top-level await at file:///srv/index.js:9',
        exitCode: 13,
      },
    },
    {
      name: 'seen live',
      finds: true,
      evidence: {
        process: {
          pid: 7,
          exit: { code: 0, signal: null, atMs: 90, by: 'itself' },
          lifetimeMs: 90,
          pending: ['initialize'],
          stdinIs: 'pipe',
        },
        handshake: { initialize: { status: 'closed' }, discover: { status: 'not-asked' } },
      },
    },
    {
      name: 'it gave a reason',
      finds: false,
      symptoms: { transport: 'stdio', stderr: 'Error: API key is missing', exitCode: 0 },
    },
    {
      name: 'we ended it',
      finds: false,
      evidence: {
        process: { pid: 7, exit: { code: 0, signal: null, atMs: 90, by: 'us' }, lifetimeMs: 90, pending: [] },
      },
    },
    {
      name: 'the end is the only answer to initialize in the log of a client',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        clientError:
          '2026-01-02T03:04:05.000Z [info] [notes] Message from client: {"method":"initialize","params":{},"jsonrpc":"2.0","id":0}\n2026-01-02T03:04:05.900Z [info] [notes] Server transport closed unexpectedly, this is likely due to the process exiting early.',
      },
    },
    {
      name: 'VS Code names no code for an end with 0',
      finds: true,
      symptoms: {
        client: 'vscode',
        clientError:
          '[info] Connection state: Running\n[info] Connection state: Stopped\n[error] Server exited before responding to `initialize` request.',
      },
    },
  ],
});
