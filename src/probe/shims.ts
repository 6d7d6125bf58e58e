/** Files that only hand over to another program: shims that npm writes on Windows, and those of version managers. */
import type { Evidence } from '../case/evidence.js';
import { pathFor, programName } from './lookup.js';
import type { World } from './world.js';

export type Shim = NonNullable<NonNullable<Evidence['launch']['file']>['shim']>;

/** Shims are short. What is longer is a program. */
const SHIM_BYTES = 8_192;

/** Programs of version managers that take the part of whatever program a link to them is named after. */
const BEHIND_LINK: [RegExp, string][] = [
  [/^volta-(?:shim|migrate)$|^volta$/, 'Volta'],
  [/^mise$|^rtx$/, 'mise'],
  [/^asdf$/, 'asdf'],
  [/^proto-shim$/, 'proto'],
  [/^rustup(?:-init)?$/, 'rustup'],
  [/^snap$/, 'snap'],
];

/** What the texts of shims call. */
const IN_TEXT: [RegExp, string][] = [
  [/\basdf(?:-vm)?["']? exec\b|^# asdf-plugin:/m, 'asdf'],
  [/\bmise["']? (?:exec|x)\b/, 'mise'],
  [/\bpyenv(?:\.bat)?["']? exec\b/, 'pyenv'],
  [/\brbenv["']? exec\b/, 'rbenv'],
  [/\bnodenv["']? exec\b/, 'nodenv'],
  [/\bjenv["']? exec\b/, 'jenv'],
  [/\bgoenv["']? exec\b/, 'goenv'],
  [/\bvolta(?:\.exe)?["']? run\b/, 'Volta'],
];

/** `"%dp0%\\..\\x\\index.js"` of a .cmd file, `"$basedir/../x/index.js"` of its twins for sh and PowerShell. */
const TARGET = /"(?:\w+=)?(?:%~?dp0%?|\$basedir)[\\/]+(?<target>[^"%$]+?\.(?:[cm]?js|exe|py|ps1|cmd))"/gi;

/** The package that a shim of npm leads to: the last file named beside it that is no Node.js. */
function npmTarget(text: string, path: string, world: World): string | undefined {
  const targets = [...text.matchAll(TARGET)]
    .map(({ groups }) => groups?.target ?? '')
    .filter((target) => !/(?:^|[\\/])node\.exe$/i.test(target));
  // npx.cmd of Node.js itself names npm's own npm-prefix.js first.
  const target = targets.find((name) => !/npm-prefix\.js$/i.test(name));
  return target && pathFor(world).join(pathFor(world).dirname(path), target);
}

/** What a file hands over to; undefined when it is no shim that we know. */
export function shimOf(path: string, world: World): Shim | undefined {
  const real = world.realpath(path);
  const program = programName(real);
  if (program !== programName(path)) {
    const kind = BEHIND_LINK.find(([name]) => name.test(program))?.[1];
    if (kind) return { kind };
  }
  const bytes = world.head(real, SHIM_BYTES);
  if (!bytes || bytes.length === SHIM_BYTES || bytes.includes(0)) return undefined;
  const text = bytes.toString('utf8');
  const manager = IN_TEXT.find(([mark]) => mark.test(text))?.[1];
  if (manager) return { kind: manager };
  const target = npmTarget(text, real, world);
  return target ? { kind: 'npm', target } : undefined;
}
