/** How the program is started: batch files of Windows, npx without an answer, what `mcp add` stored wrongly. */

import { launcherOf, programOf } from './command.js';
import type { Hit, RuleContext, ServerEntry, TextEdit } from './config.js';
import { engineOf } from './engine.js';
import { memberOf } from './roots.js';
import {
  argsOf,
  defineRule,
  eachEntry,
  filled,
  hitIn,
  insertItem,
  placeOfArg,
  type Rules,
  removeKey,
  setValue,
  shown,
  together,
} from './rule.js';
import { isSseAddress } from './rules-entry.js';

/** Programs that are a batch file on Windows, never an .exe. */
const BATCH =
  /^(?:np[mx]|pnpm|pnpx|yarn|corepack|tsx|ts-node|mcp-remote|mcp-proxy|supergateway|smithery|az|gcloud|firebase|vercel|wrangler|netlify|gradlew?|mvnw?|composer|gem|bundle|conda|mamba)$/;

function bareScript(entry: ServerEntry, context: RuleContext): Hit[] {
  const { client, machine, config } = context;
  const { windows, shell } = client.launch;
  const { command } = entry;
  if (machine.os !== 'windows' || !command || shell === true || windows?.how === 'finds') return [];
  const program = programOf(command.value);
  const file = /\.(?:cmd|bat|ps1)$/i.test(command.value);
  if (/\.exe$/i.test(command.value) || !(BATCH.test(program) || file)) return [];
  if (windows?.how === 'wraps' && (windows.programs.includes('*') || windows.programs.includes(program))) return [];
  const form = client.entry;
  const args = argsOf(entry, form);
  const list = form.command.holds === 'list' ? form.command.key : form.args;
  let edits: TextEdit[] = [];
  if (form.command.holds === 'list')
    edits = together(...['cmd', '/c'].map((word) => insertItem(config, [...entry.path, form.command.key], 0, word)));
  else if (args && list !== null)
    edits = together(
      setValue(config, [...entry.path, form.command.key], 'cmd'),
      ...['/c', command.value].map((word) => insertItem(config, [...entry.path, list], 0, word)),
    );
  else if (list !== null && !memberOf(entry.node, list))
    edits = together(
      setValue(config, [...entry.path, form.command.key], 'cmd'),
      setValue(config, [...entry.path, list], ['/c', command.value]),
    );
  const level = windows === null ? { level: 'advice' as const } : {};
  return [
    hitIn(entry, command.range, { program: shown(command.value), how: windows?.how ?? 'unknown' }, { edits, ...level }),
  ];
}

/** npx and npm exec, whose options stand in front of the package. */
function noYes(entry: ServerEntry, { client, config }: RuleContext): Hit[] {
  const launcher = launcherOf(entry);
  if (!launcher) return [];
  const words = launcher.args.map(({ value }) => value);
  if (entry.env.some(({ name, value }) => /^npm_config_yes$/i.test(name) && value !== 'false')) return [];
  let first = 0;
  if (launcher.program === 'npm') {
    if (!/^(?:exec|x)$/.test(words[0] ?? '')) return [];
    first = 1;
  } else if (launcher.program !== 'npx') return [];
  let i = first;
  for (; i < words.length; i++) {
    const word = words[i] ?? '';
    if (/^(?:--yes|--y|-[a-zA-Z]*y[a-zA-Z]*|--yes=true|--no|--no-install|--no-yes|--offline)$/.test(word)) return [];
    // These take the next word.
    if (/^(?:-p|--package|-c|--call|-w|--workspace|--registry|--cache|--userconfig|--prefix)$/.test(word)) i++;
    else if (!word.startsWith('-') || word === '--') break;
  }
  const subject = launcher.args[i];
  // A folder is run as it stands, and nothing to run is another matter.
  if (!subject || /^(?:\.{1,2}[\\/]|[\\/~]|[A-Za-z]:[\\/])/.test(subject.value)) return [];
  const at = placeOfArg(entry, client.entry, launcher.from + first);
  return [
    hitIn(
      entry,
      launcher.word.range,
      { program: launcher.program === 'npm' ? 'npm exec' : 'npx', what: shown(subject.value) },
      { edits: at ? insertItem(config, at.list, at.index, launcher.program === 'npm' ? '--yes' : '-y') : [] },
    ),
  ];
}

const URL_TEXT = /^https?:\/\//i;

/** An address that was stored as a program, with what stands in the entry beside it. */
function addressAsCommand(entry: ServerEntry, { client, config }: RuleContext): TextEdit[] {
  const form = client.entry;
  const key = form.url[0];
  const command = entry.command?.value ?? '';
  const words = [command, ...entry.args.map(({ value }) => value)];
  // Everything else in it must be what `mcp add` writes by itself.
  const usual = (entry.node.members ?? []).every(
    ({ key: own, node }) =>
      own === form.command.key ||
      own === form.args ||
      own === form.type.key ||
      (own === form.env && (node.members?.length ?? 0) === 0),
  );
  // Behind the name the option was stored as the program: --transport http https://...
  const flag = words.findIndex((word) => /^(?:-t|--transport)$/.test(word));
  const said = words[flag + 1] ?? '';
  const rest = flag < 0 ? words : [...words.slice(0, flag), ...words.slice(flag + 2)];
  const url = rest.find((word) => URL_TEXT.test(word));
  if (!key || !usual || !url || rest.some((word) => word !== url)) return [];
  const sse = flag < 0 ? isSseAddress(url) : /sse/i.test(said);
  const type = sse ? form.type.sse : form.type.http;
  return setValue(config, entry.path, { ...(type && { [form.type.key]: type }), [key]: url });
}

/** NAME=VALUE behind -e, behind the package: options of `mcp add` that the server got. */
function lateVariable(entry: ServerEntry, context: RuleContext): Hit[] {
  const { client, config } = context;
  const form = client.entry;
  const launcher = launcherOf(entry);
  if (
    !launcher ||
    engineOf(entry) ||
    !/^(?:npx|bunx|pnpx|uvx|node|python[\d.]*|npm|pnpm|uv|bun|deno)$/.test(launcher.program)
  )
    return [];
  const words = entry.args.map(({ value }) => value);
  const i = words.findIndex((word, at) => /^(?:-e|--env)$/.test(word) && /^[A-Z][A-Z0-9_]*=/.test(words[at + 1] ?? ''));
  const word = entry.args[i];
  // In front of everything it is the launcher's own; node -e takes a script.
  if (!word || i === 0) return [];
  const [name = '', value = ''] = (words[i + 1] ?? '').split(/=(.*)/s);
  const at = placeOfArg(entry, form, i);
  const list = argsOf(entry, form)?.node.items;
  const env = memberOf(entry.node, form.env);
  const sure = at && list && !memberOf(env?.node, name) && (!env || env.node.kind === 'object');
  const edits = sure
    ? together(
        setValue(
          config,
          at.list,
          words.filter((_, k) => k !== i && k !== i + 1),
        ),
        env
          ? setValue(config, [...entry.path, form.env, name], value)
          : setValue(config, [...entry.path, form.env], { [name]: value }),
      )
    : [];
  return [hitIn(entry, word.range, { what: 'variable', name: shown(name), env: form.env }, { edits, level: 'risky' })];
}

function storedByAdd(entry: ServerEntry, context: RuleContext): Hit[] {
  const { command, args } = entry;
  const form = context.client.entry;
  if (!command || form.url.some((key) => filled(entry, key))) return [];
  const words = args.map(({ value }) => value);
  if (URL_TEXT.test(command.value)) {
    const edits = addressAsCommand(entry, context);
    return [hitIn(entry, command.range, { what: 'address' }, { edits })];
  }
  if (/^-/.test(command.value)) {
    const rest = words.slice(words.indexOf('--') + 1);
    const url = words.find((word) => URL_TEXT.test(word));
    const dashes = command.value === '--' && words.length > 0;
    const edits = url && !words.includes('--') ? addressAsCommand(entry, context) : [];
    const [program, ...others] = rest;
    const cure =
      dashes && program !== undefined && form.command.holds === 'program' && form.args !== null && !words.includes('--')
        ? together(
            setValue(context.config, [...entry.path, form.command.key], program),
            setValue(context.config, [...entry.path, form.args], others),
          )
        : edits;
    return [hitIn(entry, command.range, { what: 'option', word: shown(command.value) }, { edits: cure })];
  }
  const program = programOf(command.value);
  if (/^(?:npx|uvx|bunx|pnpx)$/.test(program) && words[0] === '--' && /^-/.test(words[1] ?? '')) {
    const at = placeOfArg(entry, form, 0);
    const edits = at ? removeKey(context.config, [...at.list, at.index]) : [];
    return [hitIn(entry, args[0]?.range ?? command.range, { what: 'dashes', word: '--' }, { edits })];
  }
  const scope = words.findIndex(
    (word, i) => /^(?:-s|--scope)$/.test(word) && /^(?:user|project|local)$/.test(words[i + 1] ?? ''),
  );
  if (
    scope > 0 &&
    scope === words.length - 2 &&
    launcherOf(entry) &&
    /^(?:npx|uvx|bunx|pnpx|node|python[\d.]*)$/.test(program)
  ) {
    const list = placeOfArg(entry, form, scope);
    const edits = list ? setValue(context.config, list.list, words.slice(0, scope)) : [];
    return [
      hitIn(
        entry,
        args[scope]?.range ?? command.range,
        { what: 'scope', word: words[scope] ?? '' },
        { edits, level: 'risky' },
      ),
    ];
  }
  return lateVariable(entry, context);
}

export const LAUNCH_RULES: Rules<'command-stored-by-add' | 'windows-script-bare' | 'npx-yes-missing'> = {
  'command-stored-by-add': defineRule({
    id: 'command-stored-by-add',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'Words of the command that added the server were stored in the wrong place',
    find: eachEntry(storedByAdd),
    says({ what, word = '', name = '', env = '' }, client) {
      if (what === 'address')
        return `An address stands where the program belongs, so ${client.name} tries to start a program of that name.`;
      if (what === 'option')
        return `"${word}" stands where the program belongs. It is an option of the command that added the server.`;
      if (what === 'dashes')
        return `"${word}" separates the options of the command that added the server from the program. It got among the arguments.`;
      if (what === 'scope')
        return `"${word}" is an option of the command that added the server. It stood behind the program, so the server gets it.`;
      return `"-e ${name}=..." stood behind the program when the server was added, so the server gets it as an argument, and ${name} is not set in "${env}".`;
    },
    fix({ what, name = '', env = '' }) {
      if (what === 'address')
        return 'Write the address as an address. On the command line: claude mcp add --transport http <name> <address>.';
      if (what === 'variable')
        return `Set ${name} in "${env}". On the command line, options stand in front of the name: claude mcp add -e ${name}=<value> <name> -- <program>.`;
      return 'Take it out. On the command line, options stand in front of the name, and the program behind "--": claude mcp add [options] <name> -- <program> [arguments].';
    },
    refs: ['https://code.claude.com/docs/en/mcp'],
  }),

  'windows-script-bare': defineRule({
    id: 'windows-script-bare',
    level: 'broken',
    cause: 'launch-windows-shim',
    title: 'On Windows the command is a batch file, and the client starts it without a shell',
    find: eachEntry(bareScript),
    says: ({ program = '', how }, client) =>
      how === 'unknown'
        ? `On Windows "${program}" is a batch file, which needs a shell. Whether ${client.name} uses one there is not known.`
        : `On Windows "${program}" is a batch file, and ${client.name} starts it without the shell that it needs.`,
    fix: ({ program = '' }) => `Start it through cmd: "cmd" with "/c", "${program}" in front of the other arguments.`,
    refs: ['https://nodejs.org/api/child_process.html#spawning-bat-and-cmd-files-on-windows'],
  }),

  'npx-yes-missing': defineRule({
    id: 'npx-yes-missing',
    // Newer versions install without asking where there is no terminal; older ones wait.
    level: 'advice',
    cause: 'install-prompt-waiting',
    title: 'npx may ask whether to install the package, and nobody can answer',
    find: eachEntry(noYes),
    says: ({ program = '', what = '' }) =>
      `Before it installs "${what}", some versions of ${program} ask whether they may. Nobody sees the question, and the server never starts.`,
    fix: ({ program = '' }) =>
      program === 'npx' ? 'Add "-y" in front of the package.' : 'Add "--yes" in front of the package.',
    refs: ['https://docs.npmjs.com/cli/commands/npx'],
  }),
};
