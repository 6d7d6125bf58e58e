/** Where to look next when the evidence does not decide: what is missing, and how to get it on this client and system. */
import type { CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';
import { forPowerShell, shellLine, shellWord } from '../case/shell-word.js';
import type { FixStep } from '../causes/cause.js';
import { clientOf } from '../clients/index.js';

type Os = NonNullable<Evidence['reported']['os']>;

/** The command that prints the end of a log file. */
const tail = (path: string, os: Os): string =>
  os === 'windows'
    ? `Get-Content -Tail 100 "${path.replaceAll('/', '\\').replace(/%(\w+)%/g, '$env:$1')}"`
    : // A star between quotation marks is a star.
      `tail -n 100 ${path.includes('*') ? path.replaceAll(' ', '\\ ') : `"${path.replace(/^~/, '$HOME')}"`}`;

/** Where the server's stderr stands, for the client that was named; or for those most in use. */
function logStep({ client, os, log }: Evidence['reported']): FixStep {
  const known = clientOf(client ?? '');
  // A log that only a special start writes is no help now.
  const logs = known?.logs.filter((one) => os && one.os.includes(os) && !one.onlyIf) ?? [];
  const file = (logs.find(({ of }) => of === 'one-server') ?? logs[0])?.path;
  // The name goes into a command to paste: one that a shell would read as more than a word stays out of it.
  const named = (text: string) =>
    log?.server && /^[\w.@-]+$/.test(log.server) ? text.replaceAll('<name>', log.server) : text;
  if (known?.logPanel)
    return { say: `Read what the server said: in ${known.name} it stands in ${named(known.logPanel)}.` };
  if (known && os && file)
    return { say: `Read what the server said: ${known.name} keeps it in a log.`, run: tail(named(file), os) };
  if (known?.debug)
    return { say: `Read what the server said: start ${known.name} so that it logs it.`, run: known.debug };
  return {
    say: 'Read what the server said on stderr. Claude Desktop keeps it in ~/Library/Logs/Claude (Windows: %APPDATA%\\Claude\\logs), file mcp-server-<name>.log; VS Code and Cursor show it in the Output panel, channel MCP; Claude Code logs it with --debug. Then paste the whole log:',
    run: 'mcp-verdict explain <log file>',
  };
}

/** What to look at next, in order. Empty when the verdict is sure of its cause. */
export function nextSteps(file: CaseFile, evidence: Partial<Evidence>): FixStep[] {
  const { reported, launch, stderr } = evidence;
  if (!reported) return [];
  const windows = reported.os === 'windows' || file.host.os === 'windows';
  const command = launch ? shellLine([launch.command, ...launch.args], windows) : undefined;
  const forShell = (run: string): string => (windows ? forPowerShell(run) : run);
  const url = reported.url ?? file.target.url;
  const steps: FixStep[] = [];
  if (url && !command)
    steps.push({
      say: 'Look at the server itself: every step of the way to it is checked.',
      run: `mcp-verdict verify ${shellWord(url, windows)}`,
    });
  else
    steps.push({
      say: command
        ? 'Start the server as the client does, and see how it ends:'
        : 'Start the server as the client does (command and args of its entry, variables with --env), and see how it ends:',
      run: forShell(`mcp-verdict verify -- ${command ?? '<command> [args...]'}`),
    });
  if (!stderr && !url) steps.push(logStep(reported));
  return steps;
}
