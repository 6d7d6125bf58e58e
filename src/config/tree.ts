/** What the readers build their trees with, and how a value is found in one. */
import type { Facts, Member, Node, Range, RuleId, SyntaxFault, TextEdit } from './config.js';

/** Levels that are kept; deeper values are `other`. Whoever walks a tree may do so by recursion. */
export const MAX_DEPTH = 100;
/** Values of one file that are kept. */
export const MAX_NODES = 1_000_000;
/** Faults of one file that are told. */
export const MAX_FAULTS = 50;

/** As Object.assign, except that `__proto__` is a key like any other. */
export function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

/** The value at a path; null when there is none. Of a key that stands twice: the one that counts, which is the last. */
export function nodeAt(root: Node | null, path: readonly (string | number)[]): Node | null {
  let node = root;
  for (const step of path) {
    node = (typeof step === 'number' ? node?.items?.[step] : memberOf(node, step)?.node) ?? null;
    if (!node) return null;
  }
  return node;
}

/** The member of an object with this key: the last one that is its own, or else one that was merged into it. */
export function memberOf(node: Node | null | undefined, key: string): Member | undefined {
  const own = node?.members?.findLast((member) => member.key === key && !member.merged);
  return own ?? node?.members?.findLast((member) => member.key === key);
}

/** Collects faults: bounded, and a kind of which one is like the other becomes one fault with all the edits. */
export class Faults {
  readonly list: SyntaxFault[] = [];
  readonly #gathered = new Map<RuleId, SyntaxFault>();
  /** More were found than are told. */
  full = false;

  add(rule: RuleId, range: Range, facts: Facts = {}, edits: TextEdit[] = []): SyntaxFault | undefined {
    if (this.list.length >= MAX_FAULTS) {
      this.full = true;
      return undefined;
    }
    const fault: SyntaxFault = { rule, range, facts, edits };
    this.list.push(fault);
    return fault;
  }

  /** Into the fault of this rule that is there already; `count` says how many there are. */
  gather(rule: RuleId, range: Range, facts: Facts, edits: TextEdit[]): void {
    const first = this.#gathered.get(rule);
    if (first) {
      first.facts.count = String(Number(first.facts.count) + 1);
      first.edits.push(...edits);
      return;
    }
    const fault = this.add(rule, range, { ...facts, count: '1' }, edits);
    if (fault) this.#gathered.set(rule, fault);
  }

  sorted(): SyntaxFault[] {
    return this.list.sort((a, b) => a.range.start - b.range.start);
  }
}
