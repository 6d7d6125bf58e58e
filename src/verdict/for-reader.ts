/** A step of a cure as its reader needs it: the command of their system, and the words of their own target filled in. */
import type { CaseFile } from '../case/case-file.js';
import { forPowerShell, shellLine, shellWord } from '../case/shell-word.js';
import type { FixStep } from '../causes/cause.js';

/** The system of the machine that was looked at, or of the one that the report is about. */
const onWindows = ({ host, evidence }: CaseFile): boolean =>
  host.os === 'windows' || (evidence.reported?.status === 'seen' && evidence.reported.value.os === 'windows');

/** The command line to paste: the target's own, or that of the entry that was told. */
function commandOf(file: CaseFile): string | undefined {
  const { target, origin, evidence } = file;
  if (origin === 'live') return target.command === undefined ? undefined : target.label;
  const { launch } = evidence;
  if (launch?.status !== 'seen') return undefined;
  return shellLine([launch.value.command, ...launch.value.args], onWindows(file));
}

/** The URL to paste: the target's own, or the one that was told; never one that could mean something to a shell. */
function urlOf({ target, evidence }: CaseFile): string | undefined {
  const { reported } = evidence;
  const url = target.url ?? (reported?.status === 'seen' ? reported.value.url : undefined);
  return url !== undefined && /^https?:\/\/[\w.:[\]/%~+=-]+$/.test(url) ? url : undefined;
}

/** How an entry is called on the command line; undefined where there is none. */
export function entryName(file: CaseFile): string | undefined {
  const { config } = file.evidence;
  if (config?.status !== 'seen') return undefined;
  const { client, server } = config.value;
  return shellWord(`${client}:${server}`, onWindows(file));
}

/** Options that a declared entry needs none of, since it has them: variables and credentials. */
const OF_ENTRY = /\s--(?:env|bearer-env|basic-env|header|cwd)[ =](?:'[^']*'|[^\s"']*(?:"[^"]*")?)/g;

/** The same look at the entry in place of a bare command or URL. */
function ofEntry(run: string, name: string, { target }: CaseFile): string {
  if (!/^mcp-verdict verify\b/.test(run)) return run;
  const bare = run.replace(OF_ENTRY, '');
  const own = target.url !== undefined && bare.endsWith(` ${target.url}`) ? target.url : undefined;
  const cut = / -- |\s<url>$/.exec(bare)?.index ?? (own === undefined ? -1 : bare.length - own.length - 1);
  return cut === -1 ? run : `${bare.slice(0, cut)} ${name}`;
}

/** Fill a step in for its reader: `<command>`, `<url>`, the entry and the file it stands in. */
export function forReader({ windows, ...step }: FixStep, file: CaseFile): FixStep {
  const declared = file.target.declaredIn;
  const edit =
    step.edit && declared && step.edit.file === 'the client config'
      ? { edit: { ...step.edit, file: declared.line ? `${declared.file}:${declared.line}` : declared.file } }
      : {};
  const chosen = onWindows(file) ? (windows ?? step.run) : step.run;
  if (chosen === undefined) return { ...step, ...edit };
  const name = entryName(file);
  const run = name === undefined ? chosen : ofEntry(chosen, name, file);
  const command = commandOf(file);
  const url = urlOf(file);
  // A replacement by a function: `$&` in a command is text.
  const filled = command ? run.replaceAll('<command>', () => command) : run;
  const whole = url ? filled.replaceAll('<url>', () => url) : filled;
  return { ...step, ...edit, run: onWindows(file) ? forPowerShell(whole) : whole };
}
