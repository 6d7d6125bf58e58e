/** The tree of a JSON text under construction, and the faults that were met on the way. */
import type { Facts, Member, Node, Range, SyntaxFault, TextEdit } from './config.js';
import { indentation, newline, short } from './json-layout.js';
import { Faults, MAX_DEPTH, MAX_NODES, put } from './tree.js';

type State = 'first' | 'next' | 'colon' | 'value' | 'after';

export interface Frame {
  kind: 'object' | 'list';
  start: number;
  state: State;
  members: Member[];
  items: Node[];
  value: Record<string, unknown> | unknown[];
  /** The key whose value comes next. */
  key?: { key: string; range: Range };
  /** Too deep, or the file holds too many values: what is in it is read and forgotten. */
  dropped: boolean;
  /** End of the last value, or of the bracket. */
  last: number;
  comma?: Range;
  /** Nobody wrote its brackets. */
  bare?: true;
}

export const CLOSER = { object: '}', list: ']' } as const;

export class JsonTree {
  root: Node | null = null;
  readonly faults = new Faults();
  /** The first fault after which nobody can be sure what is meant; those of the grammar behind it are its consequences. */
  structural: SyntaxFault | undefined;
  alternatives: TextEdit[][] = [];
  protected readonly stack: Frame[] = [];
  protected readonly open = { object: 0, list: 0 };
  protected done = false;
  /** A bracket whose closing one stands further left than its own line: the one that was forgotten. */
  protected crooked: { start: number; kind: 'object' | 'list'; before: number } | undefined;
  #nodes = 0;

  constructor(readonly text: string) {}

  protected frame(kind: 'object' | 'list', start: number): Frame {
    this.open[kind]++;
    const dropped = this.stack.length >= MAX_DEPTH || this.#nodes > MAX_NODES;
    return {
      kind,
      start,
      state: 'first',
      members: [],
      items: [],
      value: kind === 'object' ? {} : [],
      dropped,
      last: start + 1,
    };
  }

  protected attach(node: Node): void {
    const top = this.stack.at(-1);
    if (!top) {
      this.root = node;
      this.done = true;
      return;
    }
    top.state = 'after';
    top.last = node.range.end;
    const { key } = top;
    top.key = undefined;
    if (top.dropped) return;
    if (++this.#nodes > MAX_NODES) top.dropped = true;
    else if (Array.isArray(top.value)) {
      top.items.push(node);
      top.value.push(node.value);
    } else if (key) {
      top.members.push({
        key: key.key,
        keyRange: key.range,
        range: { start: key.range.start, end: node.range.end },
        node,
      });
      put(top.value, key.key, node.value);
    }
  }

  protected pop(end: number): void {
    const frame = this.stack.pop();
    if (!frame) return;
    this.open[frame.kind]--;
    const range = { start: frame.start, end };
    if (frame.dropped) this.attach({ kind: 'other', range, value: undefined });
    else if (frame.kind === 'object')
      this.attach({ kind: 'object', range, value: frame.value, members: frame.members });
    else this.attach({ kind: 'list', range, value: frame.value, items: frame.items });
  }

  protected attachNothing(top: Frame): void {
    const at = top.key?.range.end ?? top.last;
    this.attach({ kind: 'other', range: { start: at, end: at }, value: undefined });
  }

  /** A closing bracket that stands first on its line, further left than the line of its opening one: another one was forgotten. */
  protected lookAtIndentation(top: Frame, closer: number): void {
    // A bracket behind another word is the usual case in a file of one line, where no line beginning is near.
    if (!/\s/.test(this.text[closer - 1] ?? '')) return;
    const its = indentation(this.text, closer);
    if (its.end !== closer) return;
    const own = indentation(this.text, top.start);
    if (its.width >= own.width) return;
    const first = top.members.findIndex((member, i) => {
      if (i === 0) return false;
      const indent = indentation(this.text, member.range.start);
      return indent.end === member.range.start && indent.width <= own.width;
    });
    const before = first > 0 ? (top.members[first - 1]?.range.end ?? top.last) : top.last;
    this.crooked = { start: top.start, kind: top.kind, before };
  }

  /** The bracket that closes a frame, on a line of its own where the opening one has its members on lines of their own. */
  protected closerLine(frame: Frame): string {
    const line = indentation(this.text, frame.start);
    const many = /^[^\S\r\n]*[\r\n]/.test(this.text.slice(frame.start + 1, frame.start + 200));
    return many
      ? `${newline(this.text)}${this.text.slice(line.start, line.end)}${CLOSER[frame.kind]}`
      : CLOSER[frame.kind];
  }

  /** The key whose value it is, never the value: that may be a secret. */
  protected about(top: Frame | undefined, facts: Facts): Facts {
    return top?.key ? { ...facts, key: short(top.key.key) } : facts;
  }

  /** A fault that leaves no doubt what was meant; behind one that does, only what needs no context is told. */
  protected lexical(rule: SyntaxFault['rule'], range: Range, facts: Facts, edits: TextEdit[], always = false): void {
    if (this.structural && !always) return;
    if (rule === 'syntax-unquoted-key') this.faults.gather(rule, range, facts, edits);
    else this.faults.add(rule, range, facts, edits);
  }

  protected guess(rule: SyntaxFault['rule'], range: Range, facts: Facts, alternatives: TextEdit[][] = []): void {
    if (this.structural) return;
    this.structural = this.faults.add(rule, range, facts);
    this.alternatives = alternatives;
  }
}
