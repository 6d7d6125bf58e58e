/** A piece of a configuration file with a mark under what is wrong. */
import type { Evidence } from '../case/evidence.js';
import { escapeLine } from './escape.js';

type Fault = Evidence['config']['faults'][number];

const plain = (text: string): string => escapeLine(text.replaceAll('\t', ' '), 400);

/**
 * The lines around a fault, numbered, and carets under it; cut to `width` characters around the mark. Tabs count as one character, so
 * that the carets stand where they belong.
 */
export function sourceLines({ line, column, length, source }: Fault, width: number): string[] {
  const gutter = Math.max(...source.map((one) => String(one.line).length));
  const room = Math.max(20, width - gutter - 3);
  return source.flatMap((one) => {
    const from = one.from ?? 1;
    // What is marked must be in sight, whatever stands before it.
    const at = one.line === line ? column - from : 0;
    const cut = at > room - 12 ? Math.max(0, at - Math.floor(room / 2)) : 0;
    const lead = cut > 0 || from > 1 ? '…' : '';
    const shown = one.text.slice(cut + lead.length, cut + room);
    const row = `${String(one.line).padStart(gutter)} │ ${lead}${plain(shown)}`;
    if (one.line !== line) return [row];
    // What is escaped takes more room than it had.
    const before = Math.max(0, at - cut - lead.length);
    const indent = lead.length + plain(shown.slice(0, before)).length;
    const marked = Math.max(1, plain(shown.slice(before, before + length)).length);
    return [row, `${' '.repeat(gutter)} │ ${' '.repeat(indent)}${'^'.repeat(marked)}`];
  });
}
