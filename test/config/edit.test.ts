/** Whatever the file and whatever the edit: what is around it stays as it is, and the result means what it should. */
import fc from 'fast-check';
import { type Node as JsoncNode, type ParseError, parseTree } from 'jsonc-parser';
import { parse as parseTomlElsewhere } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { ConfigFormat } from '../../src/clients/client.js';
import type { ConfigText, Node } from '../../src/config/config.js';
import {
  applyEdits,
  bytesOf,
  insertItem,
  insertMember,
  removeKey,
  renameKey,
  setValue,
} from '../../src/config/edit.js';
import { readConfig } from '../../src/config/read.js';
import { anyKey, anyObject, anyValue, files, type Plain, type Written } from '../support/config-files.js';

type Path = (string | number)[];

/** `RUNS=5000 npm test config/edit` looks longer. */
const RUNS = Number(process.env.RUNS ?? 200);

/** Every place of a value, the top one included. */
function places(value: Plain, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner: [string | number, Plain][] = Array.isArray(value)
    ? value.map((item, i) => [i, item])
    : Object.entries(value);
  return [path, ...inner.flatMap(([step, one]) => places(one, [...path, step]))];
}

function at(value: Plain, path: Path): Plain {
  return path.reduce<Plain>((inner, step) => (inner as { [key: string]: Plain })[step] as Plain, value);
}

/** A copy in which the value at a path is another. */
function changed(value: Plain, path: Path, change: (old: Plain) => Plain): Plain {
  const [step, ...rest] = path;
  if (step === undefined) return change(value);
  if (Array.isArray(value)) return value.map((item, i) => (i === step ? changed(item, rest, change) : item));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, inner]) => [key, key === step ? changed(inner, rest, change) : inner]),
  );
}

/** By a parser that the reader does not use, where there is one. */
function meaning(text: string, format: ConfigFormat): unknown {
  if (format === 'json') return JSON.parse(text);
  if (format === 'toml') return plain(parseTomlElsewhere(text, { maxDepth: 1000 } as object));
  if (format === 'yaml') return parseYaml(text, { maxAliasCount: 0 }) ?? {};
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (errors.length > 0 || !root) throw new SyntaxError(`error ${errors[0]?.error} at ${errors[0]?.offset}`);
  return jsoncValue(root);
}

/** Its own function takes `__proto__` for the prototype. */
function jsoncValue(node: JsoncNode): unknown {
  if (node.type === 'array') return (node.children ?? []).map(jsoncValue);
  if (node.type !== 'object') return node.value;
  return Object.fromEntries(
    (node.children ?? []).map(({ children = [] }) => [children[0]?.value, jsoncValue(children[1] as JsoncNode)]),
  );
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

interface Job {
  kind: 'set' | 'add' | 'member' | 'item' | 'rename' | 'remove';
  where: number;
  index: number;
  key: string;
  value: Plain;
}

const withoutNull = (value: Plain): boolean => !JSON.stringify(value).includes('null');
const jobs = (format: ConfigFormat): fc.Arbitrary<Job> =>
  fc.record({
    kind: fc.constantFrom('set', 'add', 'member', 'item', 'rename', 'remove'),
    where: fc.nat(1000),
    index: fc.nat(4),
    key: anyKey,
    value: (fc.oneof(anyValue, anyObject) as fc.Arbitrary<Plain>).filter(
      (value) => format !== 'toml' || withoutNull(value),
    ),
  });

interface Done {
  edits: { range: { start: number; end: number }; text: string }[];
  expected: Plain;
  /** What may go: a range of the text in which comments may be lost. */
  touched: { start: number; end: number } | undefined;
}

function perform(config: ConfigText, file: Written, job: Job): Done | undefined {
  const { value } = file;
  const all = places(value);
  const pick = (paths: Path[]): Path | undefined => paths[job.where % Math.max(paths.length, 1)];
  const is = (kind: 'list' | 'object') => (path: Path) => {
    const one = at(value, path);
    return typeof one === 'object' && one !== null && Array.isArray(one) === (kind === 'list');
  };
  const nodeOf = (path: Path): Node | undefined =>
    path.reduce<Node | undefined>(
      (node, step) =>
        typeof step === 'number' ? node?.items?.[step] : node?.members?.findLast(({ key }) => key === step)?.node,
      config.root ?? undefined,
    );
  if (job.kind === 'set') {
    const path = pick(all.filter((one) => one.length > 0));
    if (!path) return undefined;
    return {
      edits: setValue(config, path, job.value),
      expected: changed(value, path, () => job.value),
      touched: nodeOf(path)?.range,
    };
  }
  if (job.kind === 'item') {
    const path = pick(all.filter(is('list')));
    if (!path) return undefined;
    const expected = changed(value, path, (list) =>
      (list as Plain[]).toSpliced(Math.min(job.index, (list as Plain[]).length), 0, job.value),
    );
    return { edits: insertItem(config, path, job.index, job.value), expected, touched: undefined };
  }
  if (job.kind === 'add' || job.kind === 'member') {
    const path = pick(all.filter(is('object')));
    if (!path || Object.hasOwn(at(value, path) as object, job.key)) return undefined;
    const expected = changed(value, path, (object) =>
      Object.fromEntries([...Object.entries(object as object), [job.key, job.value]]),
    );
    const edits =
      job.kind === 'add'
        ? setValue(config, [...path, job.key], job.value)
        : insertMember(config, path, job.key, job.value, job.index);
    return { edits, expected, touched: undefined };
  }
  const path = pick(all.filter((one) => one.length > 0 && (job.kind === 'remove' || typeof one.at(-1) === 'string')));
  const last = path?.at(-1);
  if (!path || last === undefined) return undefined;
  const parent = path.slice(0, -1);
  if (job.kind === 'remove') {
    const expected = changed(value, parent, (outer) =>
      Array.isArray(outer)
        ? outer.toSpliced(Number(last), 1)
        : Object.fromEntries(Object.entries(outer as object).filter(([key]) => key !== last)),
    );
    const member = nodeOf(parent)?.members?.findLast(({ key }) => key === last);
    return { edits: removeKey(config, path), expected, touched: member?.range ?? nodeOf(path)?.range };
  }
  if (Object.hasOwn(at(value, parent) as object, job.key)) return undefined;
  const expected = changed(value, parent, (outer) =>
    Object.fromEntries(Object.entries(outer as object).map(([key, one]) => [key === last ? job.key : key, one])),
  );
  return { edits: renameKey(config, path, job.key), expected, touched: undefined };
}

/** The comments of a generated file: each holds a number of its own. */
const comments = (text: string): string[] => text.match(/(?:\/\/|\/\*|#) c\d+, "it's"/g) ?? [];

function check(file: Written & { bom: boolean }, job: Job): 'done' | 'nothing' | 'refused' {
  const bytes = new TextEncoder().encode((file.bom ? '\ufeff' : '') + file.text);
  const config = readConfig(bytes, file.format);
  // The generator and the reader agree on what the file says, or the test tests nothing.
  expect(meaning(file.text, file.format)).toEqual(file.value);
  expect(config.root?.value ?? {}).toEqual(file.value);
  let done: Done | undefined;
  try {
    done = perform(config, file, job);
  } catch (error) {
    if (error instanceof RangeError && (file.format === 'toml' || file.format === 'yaml')) return 'refused';
    throw error;
  }
  if (!done) return 'nothing';
  const after = applyEdits(config.text, done.edits);
  expect(meaning(after, file.format)).toEqual(done.expected);
  const again = readConfig(bytesOf(config, after), file.format);
  expect(again.text).toBe(after);
  expect(again.encoding).toEqual(config.encoding);
  expect(again.root?.value ?? {}).toEqual(done.expected);
  // Outside of the edits nothing moved, and no comment is gone that does not belong to what was taken away.
  let rest = after;
  for (const { range, text } of done.edits.toSorted(
    (a, b) => a.range.start - b.range.start || a.range.end - b.range.end,
  )) {
    expect(rest.slice(range.start, range.start + text.length)).toBe(text);
    rest =
      rest.slice(0, range.start) + config.text.slice(range.start, range.end) + rest.slice(range.start + text.length);
  }
  const lineEnd = done.touched
    ? (/[\r\n]|$/.exec(config.text.slice(done.touched.end))?.index ?? 0) + done.touched.end
    : 0;
  const spared = done.touched
    ? config.text.slice(0, config.text.slice(0, done.touched.start).search(/[^\r\n]*$/)) + config.text.slice(lineEnd)
    : config.text;
  const kept = new Set(comments(after));
  expect(comments(spared).filter((one) => !kept.has(one))).toEqual([]);
  return 'done';
}

describe.each(['json', 'jsonc', 'toml', 'yaml'] as const)('any edit of any %s', (format) => {
  it('changes what it should and nothing else', () => {
    const told = { done: 0, nothing: 0, refused: 0 };
    fc.assert(
      fc.property(files(format), jobs(format), (file, job) => {
        told[check(file, job)]++;
      }),
      { numRuns: RUNS },
    );
    // An edit that is refused is no wrong one, but one that is always refused would be none.
    expect(told.refused).toBeLessThan(told.done / 4);
  });
});
