/**
 * From the faults of a file to one new text of it. What cannot be read is mended first, since the rest shows only then; whatever
 * an edit did is read and judged again before the next one, and an edit that did not cure is not made.
 */
import type { ConfigText, Fault, TextEdit } from './config.js';
import { applyEdits, bytesOf } from './edit.js';
import { areApart, Pieces } from './pieces.js';
import { readConfig } from './read.js';

/** A change that no rule asks for: the user does, or the verdict on a server that was started. */
export interface Wish {
  /** Id of the root cause that it cures, or `set` for the user's own wish. */
  id: string;
  /** What it does, as a sentence. */
  says: string;
  server: string;
  /** A value that it puts into the file and that is no secret, whatever it is put under. */
  shows?: string;
  /** The edits of a text; empty when it has all that is wished for, null when there is no sure way to write it. */
  edits(config: ConfigText): TextEdit[] | null;
}

/** Something that the new text cures. */
export type Cure = { rule: Fault; wish?: undefined; at: number } | { wish: Wish; rule?: undefined; at: number };

export interface Plan {
  before: ConfigText;
  /** The new text, read again. */
  after: ConfigText;
  /** What is to be written; null when there is nothing to do. */
  bytes: Uint8Array | null;
  /** What is done to the old text, in its offsets. */
  edits: TextEdit[];
  /** The new one is written in another character encoding, or without its byte order mark. */
  recoded: boolean;
  /** In the order of their places; `at` is an offset in the old text. */
  cured: Cure[];
  /** What stays, with its place in the old text. */
  left: { rule: Fault; at: number }[];
  /** Wishes for which there is no sure edit. */
  unmet: Wish[];
}

/** Each round makes at least one edit; nobody has written so many faults by hand. */
const MAX_ROUNDS = 200;

const isSyntax = ({ rule }: Fault): boolean => rule.startsWith('syntax-');

/** There is a sure way to cure it. */
export const isCurable = ({ edits, recode }: Fault): boolean => edits.length > 0 || recode !== undefined;

/** A text that belongs to a state of the plan. */
interface State {
  config: ConfigText;
  pieces: Pieces;
  faults: Fault[];
}

export interface PlanOptions {
  /** All that is wrong with a text. */
  judge(config: ConfigText): Fault[];
  /** Whether a fault is to be cured, and told when it cannot be. */
  wants(fault: Fault): boolean;
  wishes?: readonly Wish[];
}

/** What is to be done to a file. Without edits, and not recoded: nothing. */
export function planFix(config: ConfigText, { judge, wants, wishes = [] }: PlanOptions): Plan {
  let state: State = { config, pieces: new Pieces(config.text), faults: judge(config) };
  const cured: Cure[] = [];
  const unmet: Wish[] = [];
  const placeOf = (fault: Fault, { pieces }: State): number => pieces.origin(fault.range.start);
  const keyOf = (fault: Fault, of: State): string => `${fault.rule}\0${fault.server ?? ''}\0${placeOf(fault, of)}`;
  /** Cured once, or not curable: a fault is tried one time at one place. */
  const tried = new Set<string>();

  const moved = (edits: TextEdit[], encoding = state.config.encoding): State => {
    const text = applyEdits(state.config.text, edits);
    const next = readConfig(bytesOf({ ...state.config, encoding }, text), config.format);
    return { config: next, pieces: state.pieces.with(edits), faults: judge(next) };
  };

  /** Make the edits of some faults at once; false, and nothing done, when one of them is still there then. */
  const cure = (faults: Fault[]): boolean => {
    const next = moved(
      faults.flatMap(({ edits }) => edits),
      faults.find(({ recode }) => recode)?.recode,
    );
    const open = new Set(next.faults.map((fault) => keyOf(fault, next)));
    if (faults.some((fault) => open.has(keyOf(fault, state)))) return false;
    // A cure of the contents that makes the text unreadable is none.
    const broken = (of: State) => of.faults.filter(isSyntax).length;
    if (!faults.some(isSyntax) && broken(next) > broken(state)) return false;
    cured.push(...faults.map((rule) => ({ rule, at: placeOf(rule, state) })));
    state = next;
    return true;
  };

  // What is no text cannot be written again as it was.
  const fixed = config.encoding.lossy === true;
  for (let round = 0; round < MAX_ROUNDS && !fixed; round++) {
    const open = state.faults.filter((fault) => isCurable(fault) && wants(fault) && !tried.has(keyOf(fault, state)));
    // What stands in a text that cannot be read is a guess of the parser.
    const syntax = open.filter(isSyntax);
    const [first, ...others] = (syntax.length ? syntax : open).sort((a, b) => a.range.start - b.range.start);
    if (!first) break;
    const together = [first];
    for (const fault of others) {
      const taken = together.flatMap(({ edits }) => edits);
      if (fault.edits.every((edit) => taken.every((other) => areApart(edit, other)))) together.push(fault);
    }
    const key = keyOf(first, state);
    const keys = together.map((fault) => keyOf(fault, state));
    if (together.length > 1 && cure(together)) for (const one of keys) tried.add(one);
    else {
      cure([first]);
      tried.add(key);
    }
  }
  if (fixed) unmet.push(...wishes);
  for (const wish of fixed ? [] : wishes) {
    const edits = wish.edits(state.config);
    if (!edits) unmet.push(wish);
    if (!edits?.length) continue;
    const at = state.pieces.origin(Math.min(...edits.map(({ range }) => range.start)));
    state = moved(edits);
    cured.push({ wish, at });
  }
  const { encoding } = state.config;
  const recoded = encoding.bom !== config.encoding.bom || encoding.charset !== config.encoding.charset;
  const edits = state.pieces.edits;
  return {
    ...{ before: config, after: state.config, edits, recoded, unmet },
    bytes: edits.length > 0 || recoded ? bytesOf(state.config, state.config.text) : null,
    cured: cured.sort((a, b) => a.at - b.at),
    left: state.faults.filter(wants).map((rule) => ({ rule, at: placeOf(rule, state) })),
  };
}
