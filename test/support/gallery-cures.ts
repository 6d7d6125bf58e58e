/**
 * The edits that the rules offer for files of the gallery, judged by someone else: does the fault go away, does nothing new come, does
 * the file parse for a parser that is none of ours, and was no more touched than had to be.
 */
import { diffLines } from 'diff';
import { stripComments } from 'jsonc-parser';
import { parse as parseToml } from 'smol-toml';
import ts from 'typescript';
import { parse as parseYaml } from 'yaml';
import type { ConfigFormat } from '../../src/clients/client.js';
import type { ConfigText, TextEdit } from '../../src/config/config.js';
import { applyEdits, bytesOf } from '../../src/config/edit.js';
import { readConfig } from '../../src/config/read.js';
import { type Found, type GalleryFile, type Judged, judge } from './gallery.js';

/** Edits that the rules offer one after the other, at most: no file has as many faults. */
const MAX_ROUNDS = 40;

/** Why a text is no file of this format for the parser of another project; undefined when it is one. */
export function refusal(text: string, format: ConfigFormat, comments = false): string | undefined {
  try {
    if (format === 'toml') parseToml(text);
    else if (format === 'yaml') {
      parseYaml(text, { strict: true, uniqueKeys: true, version: '1.2' });
      parseYaml(text, { strict: true, uniqueKeys: true, version: '1.1' });
    } else if (format === 'json') JSON.parse(comments ? stripComments(text) : text);
    else {
      const { error } = ts.parseConfigFileTextToJson('settings.json', text);
      if (error) return ts.flattenDiagnosticMessageText(error.messageText, ' ');
    }
  } catch (error) {
    return String(error);
  }
  return undefined;
}

/** The text with every edit in it, made of the pieces between them. */
function pieces(text: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
  let out = '';
  let at = 0;
  for (const { range, text: put } of sorted) {
    out += text.slice(at, range.start) + put;
    at = range.end;
  }
  return out + text.slice(at);
}

/** Whether two edits touch the same text. Of one fault, two may put something at one place, in the order in which they are given. */
const overlap = (edits: readonly TextEdit[], { ofOneFault = false } = {}): boolean => {
  const sorted = [...edits].sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
  return sorted.some(({ range }, i) => {
    const last = sorted[i - 1]?.range;
    if (!last) return false;
    return range.start < last.end || (!ofOneFault && range.end === last.end && range.start === last.start);
  });
};

/** How often each rule found something, server by server. */
function counts(faults: readonly Found[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const { rule } of faults) all.set(rule, (all.get(rule) ?? 0) + 1);
  return all;
}

/** Rules that find more in the new text than in the old one. */
const risen = (before: Map<string, number>, after: Map<string, number>): string[] =>
  [...after].filter(([rule, count]) => count > (before.get(rule) ?? 0)).map(([rule]) => rule);

/** Lines of the text that an edit stands in. */
function touched(text: string, edits: readonly TextEdit[]): Set<number> {
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  const lines = new Set<number>();
  for (const { range } of edits)
    for (let line = lineAt(range.start); line <= lineAt(range.end); line++) lines.add(line);
  return lines;
}

/** What was changed although no edit stands there, and lines that come though none is put in: sentences. */
function excess(before: string, after: string, edits: readonly TextEdit[]): string[] {
  const allowed = touched(before, edits);
  const put = edits.reduce((sum, edit) => sum + edit.text.split('\n').length - 1, 0);
  let line = 1;
  let added = 0;
  const wrong: string[] = [];
  for (const change of diffLines(before, after)) {
    const { count } = change;
    if (change.added) added += count;
    else {
      if (change.removed)
        for (let i = line; i < line + count; i++)
          if (!allowed.has(i)) wrong.push(`line ${i} is another one, without an edit`);
      line += count;
    }
  }
  if (added > allowed.size + put) wrong.push(`${added} lines are new, for edits in ${allowed.size}`);
  return wrong;
}

/** What the cure of one fault does: sentences about what is wrong with it, none when it is right. */
export function cureOf(file: GalleryFile, { config, faults }: Judged, fault: Found): string[] {
  if (fault.recode) return recoded(file, config, fault);
  const { text } = config;
  const edits = fault.edits;
  if (overlap(edits, { ofOneFault: true })) return ['its edits overlap'];
  if (edits.some(({ range }) => range.start < 0 || range.end < range.start || range.end > text.length))
    return ['an edit lies outside the text'];
  const cured = applyEdits(text, edits);
  if (cured !== pieces(text, edits)) return ['the text is not what the edits say'];
  const before = counts(faults.filter(({ recode }) => !recode));
  const after = counts(judge(file, cured).faults);
  return [
    ...((after.get(fault.rule) ?? 0) < (before.get(fault.rule) ?? 0) ? [] : ['the fault is still there']),
    ...risen(before, after).map((rule) => `it brings ${rule}`),
    ...excess(text, cured, edits),
  ];
}

/** The cure of an encoding: the same text in other bytes. */
function recoded(file: GalleryFile, config: ConfigText, { recode, rule }: Found): string[] {
  if (!recode) return [];
  const bytes = bytesOf({ ...config, encoding: recode }, config.text);
  const again = readConfig(bytes, config.format);
  return [
    ...(again.text === config.text ? [] : ['the text is another one in the new encoding']),
    ...(again.faults.some((fault) => fault.rule === rule) ? ['the fault is still there'] : []),
    ...(Buffer.compare(bytes, file.bytes) === 0 ? ['the bytes are the same'] : []),
  ];
}

export interface Cured {
  text: string;
  bytes: Uint8Array;
  judged: Judged;
  /** Faults that were cured. */
  cured: number;
  /** What is wrong with all the cures together: sentences. */
  wrong: string[];
}

/** Cure what can be: all that do not overlap at once, then what is left. */
export function curedAll(file: GalleryFile): Cured {
  const original = judge(file);
  const { config } = original;
  const recode = original.faults.find((fault) => fault.recode)?.recode;
  const wrong: string[] = [];
  let judged = original;
  let cured = original.faults.filter((fault) => fault.recode).length;
  let text = config.text;
  for (let round = 0; ; round++) {
    const fixable = judged.faults.filter(({ edits }) => edits.length > 0);
    if (fixable.length === 0) break;
    if (round === MAX_ROUNDS) {
      wrong.push(`after ${MAX_ROUNDS} rounds there are still edits for ${fixable.map(({ rule }) => rule)}`);
      break;
    }
    const taken: Found[] = [];
    for (const fault of fixable)
      if (taken.length === 0 || !overlap([...taken, fault].flatMap(({ edits }) => edits))) taken.push(fault);
    const edits = taken.flatMap((fault) => fault.edits);
    const next = applyEdits(text, edits);
    wrong.push(...excess(text, next, edits));
    cured += taken.length;
    text = next;
    judged = judge(file, text);
  }
  const before = counts(original.faults);
  wrong.push(...risen(before, counts(judged.faults)).map((rule) => `together they bring ${rule}`));
  const lines = new Set(text.split(/\r\n|[\r\n]/).map((line) => line.trim()));
  for (const line of file.expectation.becomes ?? []) if (!lines.has(line)) wrong.push(`there is no line ${line}`);
  const place = file.places[0];
  if (place && !judged.faults.some(({ rule }) => rule.startsWith('syntax-'))) {
    const refused = refusal(text, place.format, place.comments);
    if (refused !== undefined) wrong.push(`another parser refuses it: ${refused}`);
  }
  const bytes = config.encoding.lossy ? file.bytes : bytesOf({ ...config, encoding: recode ?? config.encoding }, text);
  return { text, bytes, judged, cured, wrong };
}
