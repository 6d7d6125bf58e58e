/** Every client that is known, and what can be asked of the data. */
import amazonQ from './amazon-q.js';
import claudeCode from './claude-code.js';
import claudeDesktop from './claude-desktop.js';
import type { Client, Defect, Os } from './client.js';
import cline from './cline.js';
import codex from './codex.js';
import continueDev from './continue.js';
import cursor from './cursor.js';
import cursorCli from './cursor-cli.js';
import geminiCli from './gemini-cli.js';
import goose from './goose.js';
import jetbrainsAiAssistant from './jetbrains-ai-assistant.js';
import jetbrainsCopilot from './jetbrains-copilot.js';
import jetbrainsJunie from './jetbrains-junie.js';
import kiro from './kiro.js';
import lmStudio from './lm-studio.js';
import opencode from './opencode.js';
import roo from './roo.js';
import vscode from './vscode.js';
import vscodeInsiders from './vscode-insiders.js';
import windsurf from './windsurf.js';
import zed from './zed.js';

/** In the order in which they are shown. */
export const CLIENTS: readonly Client[] = [
  claudeDesktop,
  claudeCode,
  cursor,
  cursorCli,
  windsurf,
  vscode,
  vscodeInsiders,
  zed,
  cline,
  roo,
  codex,
  geminiCli,
  jetbrainsAiAssistant,
  jetbrainsJunie,
  jetbrainsCopilot,
  continueDev,
  goose,
  opencode,
  lmStudio,
  kiro,
  amazonQ,
];

/** The client of that id, of that name, or of a name that people give it; undefined when none is. */
export function clientOf(idOrName: string): Client | undefined {
  const said = idOrName.trim().toLowerCase();
  if (said === '') return undefined;
  return (
    CLIENTS.find(({ id }) => id === said) ??
    CLIENTS.find(({ name }) => name.toLowerCase() === said) ??
    CLIENTS.find(({ is }) => is.test(said))
  );
}

/** The client of a text in which no client is named, by the files and words that only it has; undefined when there are none. */
export const clientBy = (text: string): Client | undefined => CLIENTS.find(({ marks }) => marks?.test(text) ?? false);

/** The forms of variables that the client fills in under that key of an entry; null when nobody knows. */
export function formsIn({ variables }: Client, key: string): readonly string[] | null {
  if (!variables) return null;
  const { forms, fields, only } = variables;
  return forms.filter((form) => only?.[form]?.includes(key) ?? (fields === null || fields.includes(key)));
}

const partsOf = (version: string): number[] | null => {
  const numbers = /^v?(\d+(?:\.\d+)*)/i.exec(version.trim())?.[1];
  return numbers === undefined ? null : numbers.split('.').map(Number);
};

/**
 * Less than 0 when `version` is before `other`, 0 when they are the same as far as `other` goes ("1.34493" holds 1.34493.2), else more.
 * Null when one of them is no version. What follows the numbers (-beta, +build) does not count.
 */
export function compareVersions(version: string, other: string): number | null {
  const [own, bound] = [partsOf(version), partsOf(other)];
  if (!own || !bound) return null;
  for (const [i, number] of bound.entries()) {
    const difference = (own[i] ?? 0) - number;
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Whether that version of the client has the defect. Null when that cannot be told: the defect is reported without versions, or the
 * version is none. `os`: where it runs; a defect of another system is not there.
 */
export function affects(defect: Defect, version: string, os?: Os): boolean | null {
  if (os && defect.os && !defect.os.includes(os)) return false;
  const { from, to, fixedIn } = defect;
  if (from === undefined && to === undefined && fixedIn === undefined) return null;
  const below = from === undefined ? 0 : compareVersions(version, from);
  const above = to === undefined ? 0 : compareVersions(version, to);
  const fixed = fixedIn === undefined ? -1 : compareVersions(version, fixedIn);
  if (below === null || above === null || fixed === null) return null;
  return below >= 0 && above <= 0 && fixed < 0;
}
