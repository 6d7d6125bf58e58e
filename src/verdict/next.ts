/** Where to look next when the evidence does not decide: what is missing, and how to get it on this client and system. */
import type { CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';
import type { FixStep } from '../causes/cause.js';
import { CLIENT_LOGS } from '../clients/logs.js';

type Os = NonNullable<Evidence['reported']['os']>;

/** The command that prints the end of a log file. */
const tail = (path: string, os: Os): string =>
  os === 'windows'
    ? `Get-Content -Tail 100 "${path.replace(/%(\w+)%/g, '$env:$1')}"`
    : `tail -n 100 ${path.includes('*') ? path : `"${path.replace(/^~/, '$HOME')}"`}`;

/** Where the server's stderr stands, for the client that was named; or for those most in use. */
function logStep({ client, os, log }: Evidence['reported']): FixStep {
  const id = client?.toLowerCase().replaceAll(' ', '-') ?? '';
  const known = CLIENT_LOGS[id];
  const named = (text: string) => (log?.server ? text.replaceAll('<name>', log.server) : text);
  const file = os && known?.files?.[os];
  if (known && file)
    return { say: `Read what the server said: ${known.name} keeps it in a log.`, run: tail(named(file), os) };
  if (known?.panel) return { say: `Read what the server said: in ${known.name} it stands in ${named(known.panel)}.` };
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
  const command = launch ? [launch.command, ...launch.args].join(' ') : undefined;
  const url = reported.url ?? file.target.url;
  const steps: FixStep[] = [];
  if (url && !command)
    steps.push({
      say: 'Look at the server itself: every step of the way to it is checked.',
      run: `mcp-verdict verify ${url}`,
    });
  else
    steps.push({
      say: command
        ? 'Start the server as the client does, and see how it ends:'
        : 'Start the server as the client does (command and args of its entry, variables with --env), and see how it ends:',
      run: `mcp-verdict verify -- ${command ?? '<command> [args...]'}`,
    });
  if (!stderr && !url) steps.push(logStep(reported));
  return steps;
}
