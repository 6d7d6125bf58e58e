/**
 * A configuration file of a client as it stands: its text, and what every part of it means and where it is. Pure, so that the same
 * text is judged in the same way everywhere.
 */
import type { Client, ConfigFormat, ConfigPlace, Os } from '../clients/client.js';

/** A piece of the text: UTF-16 offsets, `end` not included. */
export interface Range {
  start: number;
  end: number;
}

/**
 * A value with its place. `value` is the plain JavaScript value of it and everything in it. `other`: a date, a value that is missing,
 * or one too deep or too large to be kept.
 */
export interface Node {
  kind: 'object' | 'list' | 'text' | 'number' | 'boolean' | 'null' | 'other';
  range: Range;
  value: unknown;
  members?: Member[];
  items?: Node[];
  /** An alias of YAML: `range` is that of the alias, what is in it stands at its anchor. */
  alias?: true;
}

export interface Member {
  key: string;
  keyRange: Range;
  /** Key and value. Of a table of TOML: from its first header to its last line, whatever stands between. */
  range: Range;
  node: Node;
  /** It comes with a merge key (`<<`) of YAML, and stands at the anchor. */
  merged?: true;
}

/** What a parser stumbled over, or accepted although a client does not. The ids are those of rules. */
export interface SyntaxFault {
  rule: RuleId;
  range: Range;
  facts: Facts;
  /** The edits that cure it, all of them together; empty when there is no sure one. */
  edits: TextEdit[];
  /** Where it is another one than the rule's: a backslash that makes a line break of `\\n` stops one entry, not the file. */
  level?: Level;
  /** The cure is to write the same text in this encoding (`bytesOf({ ...config, encoding: recode }, text)`). */
  recode?: ConfigText['encoding'];
}

/** Replace a piece of the text. */
export interface TextEdit {
  range: Range;
  text: string;
}

export interface ConfigText {
  format: ConfigFormat;
  /** Decoded, with a byte order mark left out. Offsets count here. */
  text: string;
  /** How the bytes must be written again. `lossy`: some are no text of this charset, and cannot be written again. */
  encoding: { bom: boolean; charset: 'utf-8' | 'utf-16le' | 'utf-16be'; lossy?: true };
  /** As much as could be read, also of a text with faults; null when nothing could. */
  root: Node | null;
  faults: SyntaxFault[];
}

export interface Spoken<T> {
  value: T;
  range: Range;
}

export interface NamedValue {
  name: string;
  nameRange: Range;
  /** As text; null when it is something else. */
  value: string | null;
  range: Range;
}

/** The entry of one server, whatever its client calls the parts. */
export interface ServerEntry {
  name: string;
  /** Keys from the top of the file to the entry; a number is an index of a list. */
  path: (string | number)[];
  nameRange: Range;
  /** Name and entry. */
  range: Range;
  node: Node;
  /** The folder for which it counts, where one file holds those of several. */
  project?: string;
  command?: Spoken<string>;
  args: Spoken<string>[];
  env: NamedValue[];
  cwd?: Spoken<string>;
  url?: Spoken<string>;
  headers: NamedValue[];
  type?: Spoken<string>;
  timeouts: { key: string; ms: number; limits: 'start' | 'call' | 'both'; range: Range }[];
  /** False when it is switched off. */
  enabled: boolean;
}

/** What the rules may know of the machine; asked of the world by whoever calls them. */
export interface Machine {
  os: Os;
  wsl?: boolean;
  /** The home folder, with `/`. */
  home: string;
  /** The folder that is open, where there is one. */
  project?: string;
  /** Whether a variable is set in the user's environment. */
  isSet(name: string): boolean;
  /** What stands at an absolute path; null when nothing does, undefined when that cannot be told. */
  look(path: string): 'file' | 'directory' | 'other' | null | undefined;
}

/** An entry of the same name that another file, or another part of this one, holds for the same client. */
export interface Namesake {
  place: ConfigPlace;
  /** As shown to people. */
  file: string;
  line: number;
  project?: string;
}

export interface RuleContext {
  client: Client;
  place: ConfigPlace;
  /** The absolute path of the file. */
  file: string;
  config: ConfigText;
  machine: Machine;
  entries: ServerEntry[];
  /** Of an entry: the same name elsewhere. */
  namesakes(entry: ServerEntry): Namesake[];
  /** Of an entry: whether the user has approved it, where the client asks for that; null when it does not, or that cannot be told. */
  approved(entry: ServerEntry): boolean | null;
}

export type Facts = Record<string, string>;

/** One thing that a rule found. */
export interface Hit {
  range: Range;
  facts: Facts;
  /** The name of the entry it belongs to; absent when it is the file's. */
  server?: string;
  /** The edits that cure it, all of them together; empty when there is no sure one. */
  edits: TextEdit[];
  /** Where this one is milder or worse than its rule usually is. */
  level?: Level;
  /** See SyntaxFault. */
  recode?: ConfigText['encoding'];
}

/**
 * `fatal`: the client reads nothing of the file. `broken`: this entry does not work in this client. `risky`: it works here and now,
 * or some of it is lost. `advice`: it works, and could be better. `info`: nothing is wrong, and it explains what is seen.
 */
export type Level = 'fatal' | 'broken' | 'risky' | 'advice' | 'info';

export interface Rule {
  id: RuleId;
  /** The usual one; a hit may say another. */
  level: Level;
  /** The root cause of which it is an instance. */
  cause: string;
  /** What is wrong, as a sentence without a full stop. */
  title: string;
  /** Absent for the rules of syntax, which the readers find. */
  find?(context: RuleContext): Hit[];
  /** One or two sentences with the particulars. */
  says(facts: Facts, client: Client): string;
  /** What to do, one step: the sentence above the edit. */
  fix(facts: Facts, client: Client): string;
  /** Pages that say so. */
  refs: string[];
}

/** A hit with its rule. */
export interface Fault extends Hit {
  rule: RuleId;
  /** That of the hit, or else of the rule. */
  level: Level;
}

/** Every rule, in the order in which they are told. Ids are permanent. */
export const RULE_IDS = [
  'syntax-empty',
  'syntax-encoding',
  'syntax-bom',
  'syntax-smart-quotes',
  'syntax-single-quotes',
  'syntax-backslash',
  'syntax-comment',
  'syntax-trailing-comma',
  'syntax-missing-comma',
  'syntax-unquoted-key',
  'syntax-unclosed',
  'syntax-extra-text',
  'syntax-tab',
  'syntax-duplicate-key',
  'syntax-other',
  'file-not-read',
  'root-not-object',
  'root-wrong-key',
  'root-nested',
  'root-bare-entry',
  'entry-not-object',
  'entry-empty',
  'entry-url-and-command',
  'url-not-taken',
  'url-key-wrong',
  'url-invalid',
  'type-missing',
  'type-misspelt',
  'key-unknown',
  'command-stored-by-add',
  'command-joined',
  'command-is-list',
  'command-is-text',
  'args-not-list',
  'args-not-text',
  'env-key-wrong',
  'env-not-object',
  'env-value-not-text',
  'path-relative',
  'path-tilde',
  'path-missing',
  'variable-form-wrong',
  'variable-not-expanded',
  'variable-unset',
  'placeholder-left',
  'windows-script-bare',
  'npx-yes-missing',
  'docker-detached',
  'docker-interactive-missing',
  'docker-tty',
  'docker-env-not-passed',
  'timeout-unit',
  'name-invalid',
  'secret-in-plain-text',
  'shadowed',
  'approval-pending',
  'switched-off',
] as const;
export type RuleId = (typeof RULE_IDS)[number];
