/** Paths in command, arguments and working folder: no shell completes them, and nobody knows where they begin. */

import { programOf, TAKES_LINES } from './command.js';
import type { Hit, Level, RuleContext, ServerEntry, TextEdit } from './config.js';
import { isAbsolute, isOpen, joined, type PathWord, pathsOf, standsAt } from './paths.js';
import { isExamplePath, isLeft } from './placeholders.js';
import { fillsIn, valuesOf } from './references.js';
import { defineRule, eachEntry, hitIn, type Rules, setValue, shown } from './rule.js';
import { pathTo } from './rules-values.js';

const CONFIG = 'https://modelcontextprotocol.io/docs/develop/connect-local-servers';

/** The folder of a file. */
const folderOf = (file: string): string => file.replaceAll('\\', '/').replace(/\/[^/]*$/, '') || '/';

/** Folders from which a relative path may have been meant: the project, or the folder of the file and the one above it. */
function basesOf({ machine, file, place }: RuleContext): string[] {
  const own = folderOf(file);
  const above = /\/\.[\w-]+$/.test(own) ? [folderOf(own)] : [];
  return [...(place.scope === 'project' && machine.project ? [machine.project] : []), own, ...above];
}

/** Where a relative path leads, when something stands there. */
function meantBy(path: string, context: RuleContext): string | null {
  for (const base of basesOf(context)) {
    const whole = joined(base, path);
    const there = context.machine.look(whole);
    if (there === 'file' || there === 'directory') return whole;
  }
  return null;
}

/** Put another path in the place of this one. */
function replaced(entry: ServerEntry, { client, config }: RuleContext, word: PathWord, path: string): TextEdit[] {
  const values = valuesOf(entry);
  const value = values.find(({ field, index }) => field === word.at && (index ?? -1) === word.index);
  const at = value && pathTo(entry, client, value);
  return at ? setValue(config, at, word.before + path) : [];
}

/** Options by which a launcher goes to another folder. */
const MOVES = /^(?:--directory|--cwd|--prefix|--dir|-C|--chdir)(?:=|$)/;

const namesOf = (word: PathWord): string =>
  ({ command: 'the command', args: 'an argument', cwd: 'the working folder' })[word.at];

function relative(entry: ServerEntry, context: RuleContext): Hit[] {
  const { client, machine, place } = context;
  const { cwd, kind } = client.launch;
  const own = entry.cwd && (isAbsolute(entry.cwd.value) || isOpen(entry.cwd.value));
  // A client that is started in the project, or starts its servers there, reads the file of a project from there.
  const shared = place.scope === 'project' || place.scope === 'local';
  const settled = shared && (cwd === 'project' || (cwd === 'own' && kind === 'terminal'));
  // The launcher goes to a folder of its own first: `uv --directory X run server.py`.
  if (entry.args.some(({ value }) => MOVES.test(value))) return [];
  const words = pathsOf(entry, (path) => !isAbsolute(path) && meantBy(path, context) !== null);
  return words
    .filter(
      ({ path, at }) =>
        !isAbsolute(path) && !/^~/.test(path) && !isOpen(path) && !isLeft(path) && (at === 'cwd' || !own),
    )
    .filter((word) => !(word.at === 'command' && !/[\\/]/.test(word.path)))
    .flatMap((word): Hit[] => {
      const meant = meantBy(word.path, context);
      // From there it leads where it should; if it leads nowhere, that is worth a word.
      if (
        settled &&
        (meant !== null || machine.project === undefined || machine.look(joined(machine.project, word.path)) !== null)
      )
        return [];
      const folder =
        client.variables?.forms.includes('${workspaceFolder}') &&
        shared &&
        fillsIn(client, { form: '${workspaceFolder}' }, word.at) === true;
      const inProject =
        meant !== null &&
        machine.project !== undefined &&
        meant.startsWith(`${machine.project.replaceAll('\\', '/')}/`);
      let edits: TextEdit[] = [];
      if (meant !== null && folder && inProject)
        edits = replaced(
          entry,
          context,
          word,
          `\${workspaceFolder}/${word.path.replaceAll('\\', '/').replace(/^\.\//, '')}`,
        );
      else if (meant !== null && place.scope !== 'project') edits = replaced(entry, context, word, meant);
      const level: Level = cwd === null ? 'advice' : cwd === 'root' || cwd === 'home' || settled ? 'broken' : 'risky';
      return [
        hitIn(
          entry,
          word.range,
          { path: shown(word.path), at: namesOf(word), from: settled ? 'missing' : (cwd ?? 'unknown') },
          { edits, level },
        ),
      ];
    });
}

/** The home folder as the client can write it: its own word where the file is handed around, else the folder. */
function homeFor({ client, machine, place }: RuleContext, word: PathWord['at'] | 'env'): string | null {
  const forms = client.variables?.forms ?? [];
  const fits = (form: string): boolean => forms.includes(form) && fillsIn(client, { form }, word) === true;
  if (fits('${userHome}')) return '${userHome}';
  if (place.scope !== 'project') return machine.home.replaceAll('\\', '/');
  const name = machine.os === 'windows' ? 'USERPROFILE' : 'HOME';
  const form = ['${env:NAME}', '${NAME}', '{env:NAME}', '$NAME'].find(fits);
  return form ? form.replace('NAME', name) : null;
}

function tilde(entry: ServerEntry, context: RuleContext): Hit[] {
  const { client, config } = context;
  const { launch } = client;
  const expands = (field: 'command' | 'args' | 'cwd' | 'env'): boolean =>
    fillsIn(client, { form: '~' }, field) === true;
  const shell = entry.command !== undefined && TAKES_LINES.test(programOf(entry.command.value));
  const words = pathsOf(entry, () => false).filter(
    ({ path, at }) => /^~(?:[\\/]|$)/.test(path) && !expands(at) && !(shell && at === 'args'),
  );
  const hits = words.map((word) => {
    const home = homeFor(context, word.at);
    const edits = home === null ? [] : replaced(entry, context, word, home + word.path.slice(1));
    // A server may know what to do with it.
    const level = word.starts && launch.shell === false ? ('broken' as const) : ('risky' as const);
    return hitIn(entry, word.range, { path: shown(word.path), at: namesOf(word) }, { edits, level });
  });
  const env = entry.env.flatMap((variable): Hit[] => {
    if (variable.value === null || !/^~[\\/]/.test(variable.value) || expands('env')) return [];
    const home = homeFor(context, 'env');
    const path = pathTo(entry, client, {
      field: 'env',
      name: variable.name,
      text: variable.value,
      range: variable.range,
    });
    const edits = home !== null && path ? setValue(config, path, home + variable.value.slice(1)) : [];
    return [
      hitIn(
        entry,
        variable.range,
        { path: shown(variable.value), at: `the variable ${shown(variable.name)}` },
        { edits, level: 'advice' },
      ),
    ];
  });
  return [...hits, ...env];
}

/** Quotation marks within the quotation marks are part of the path. */
function quoted(entry: ServerEntry, context: RuleContext): Hit[] {
  return valuesOf(entry).flatMap((value): Hit[] => {
    const { field, text, range } = value;
    const path = /^(?<mark>["'])(?<inner>(?:[A-Za-z]:[\\/]|[~./\\]).*)\k<mark>$/.exec(text)?.groups?.inner;
    if (path === undefined || !(field === 'command' || field === 'args' || field === 'cwd')) return [];
    const there = isAbsolute(path) ? standsAt(context.machine, path, field === 'command') : undefined;
    const at = pathTo(entry, context.client, value);
    const edits = at && there !== null ? setValue(context.config, at, path) : [];
    const where = { command: 'the command', args: 'an argument', cwd: 'the working folder' }[field];
    return [hitIn(entry, range, { path: shown(text), at: where, quoted: 'yes' }, { edits })];
  });
}

function missing(entry: ServerEntry, { machine }: RuleContext): Hit[] {
  return (
    pathsOf(entry, () => false)
      .filter(
        ({ path, starts }) => starts && isAbsolute(path) && !isOpen(path) && !isExamplePath(path) && !isLeft(path),
      )
      // Bytes that were no text are a fault of their own.
      .filter(({ path }) => !path.includes('\uFFFD'))
      .filter(({ path, at }) => standsAt(machine, path, at === 'command') === null)
      .map((word) => hitIn(entry, word.range, { path: shown(word.path), at: namesOf(word) }))
  );
}

export const PATH_RULES: Rules<'path-relative' | 'path-tilde' | 'path-missing'> = {
  'path-relative': defineRule({
    id: 'path-relative',
    level: 'risky',
    cause: 'config-path-missing',
    title: 'A path is relative, and the client starts servers in another folder',
    find: eachEntry(relative),
    says({ path = '', at = '', from }, client) {
      const where: Record<string, string> = {
        root: `${client.name} starts servers in the root folder of the disk`,
        home: `${client.name} starts servers in the home folder`,
        project: `${client.name} starts servers in the folder of the project that is open, which is another one each time`,
        own: `${client.name} starts servers in the folder in which it was started itself, which may be any`,
        missing: 'Nothing stands there in the project',
      };
      return `"${path}" in ${at} is a relative path. ${where[from ?? ''] ?? `In which folder ${client.name} starts servers is not known`}.`;
    },
    fix: ({ path = '' }) => `Write the whole path of "${path}", from the root of the disk.`,
    refs: [CONFIG],
  }),

  'path-tilde': defineRule({
    id: 'path-tilde',
    level: 'broken',
    cause: 'config-path-missing',
    title: 'A path begins with ~, which only a shell fills in',
    find: eachEntry(tilde),
    says: ({ path = '', at = '' }, client) =>
      client.launch.shell !== false
        ? `"${path}" in ${at} begins with ~, which only a shell makes the home folder. Whether ${client.name} hands it to one that does is not known.`
        : `"${path}" in ${at} begins with ~, which only a shell makes the home folder. ${client.name} starts servers without one.`,
    fix: () => 'Write the whole path of the home folder.',
    refs: [CONFIG],
  }),

  'path-missing': defineRule({
    id: 'path-missing',
    level: 'broken',
    cause: 'config-path-missing',
    title: 'A path that the start needs does not exist',
    find: eachEntry((entry, context) => [...quoted(entry, context), ...missing(entry, context)]),
    says: ({ path = '', at = '', quoted: marks }) =>
      marks
        ? `The quotation marks within the text are part of the path ${path} in ${at}, and there is no file of that name.`
        : `"${path}" in ${at} does not exist on this machine.`,
    fix: ({ quoted: marks }) =>
      marks
        ? 'Take the inner quotation marks away: no shell reads them.'
        : 'Write the path at which it is now, or install and build what belongs there.',
    refs: [CONFIG],
  }),
};
