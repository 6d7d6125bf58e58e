/** The faults that people make: each at its place, with the cure that cures it, and what is read nevertheless. */
import { expect, it } from 'vitest';
import type { ConfigFormat } from '../../src/clients/client.js';
import { applyEdits } from '../../src/config/edit.js';
import { positionOf } from '../../src/config/position.js';
import { readText } from '../../src/config/read.js';

interface Case {
  format: ConfigFormat;
  text: string;
  /** Rule, line and column. */
  found: string[];
  /** The text after all cures; left out where there are none. */
  cured?: string;
  /** What is read nevertheless. */
  value?: unknown;
}

const CASES: Case[] = [
  { format: 'json', text: '', found: ['syntax-empty 1:1'], cured: '{}\n' },
  {
    format: 'json',
    text: '{\n  "a": 1,\n}',
    found: ['syntax-trailing-comma 2:9'],
    cured: '{\n  "a": 1\n}',
    value: { a: 1 },
  },
  { format: 'jsonc', text: '{\n  // c\n  "a": 1,\n}', found: [] },
  {
    format: 'json',
    text: '{\n  // c\n  "a": 1 // d\n}',
    found: ['syntax-comment 2:3', 'syntax-comment 3:10'],
    cured: '{\n  "a": 1\n}',
  },
  {
    format: 'json',
    text: '{“a”: “b”, "c": 1}',
    found: ['syntax-smart-quotes 1:2'],
    cured: '{"a": "b", "c": 1}',
    value: { a: 'b', c: 1 },
  },
  {
    format: 'json',
    text: `{'a': 'say "it\\'s"'}`,
    found: ['syntax-single-quotes 1:2'],
    cured: '{"a": "say \\"it\'s\\""}',
  },
  {
    format: 'json',
    text: String.raw`{"a": "C:\Users\new"}`,
    found: ['syntax-backslash 1:10'],
    cured: String.raw`{"a": "C:\\Users\\new"}`,
  },
  {
    format: 'json',
    text: String.raw`{"a": "C:\new\tools"}`,
    found: ['syntax-backslash 1:10'],
    cured: String.raw`{"a": "C:\\new\\tools"}`,
  },
  { format: 'json', text: String.raw`{"a": "one\ntwo", "b": "C:\\new"}`, found: [] },
  {
    format: 'json',
    text: String.raw`{"a": "\\server\share"}`,
    found: ['syntax-backslash 1:16'],
    cured: String.raw`{"a": "\\\\server\\share"}`,
  },
  {
    format: 'json',
    text: '{"a": "C:\\dir\\", "b": 1}',
    found: ['syntax-backslash 1:10'],
    cured: '{"a": "C:\\\\dir\\\\", "b": 1}',
  },
  {
    format: 'json',
    text: '{"a": 1 "b": [1 2]}',
    found: ['syntax-missing-comma 1:8', 'syntax-missing-comma 1:16'],
    cured: '{"a": 1, "b": [1, 2]}',
  },
  { format: 'json', text: '{a: 1, b: 2}', found: ['syntax-unquoted-key 1:2'], cured: '{"a": 1, "b": 2}' },
  {
    format: 'json',
    text: '{"a": "npx,\n "b": 1}',
    found: ['syntax-unclosed 1:7'],
    cured: '{"a": "npx",\n "b": 1}',
    value: { a: 'npx', b: 1 },
  },
  {
    format: 'json',
    text: '{"a: "npx", "b": ["-y, "c"]}',
    found: ['syntax-unclosed 1:2'],
    value: { a: 'npx', b: ['-y', 'c'] },
  },
  {
    format: 'json',
    text: '{\n  "a": {\n    "b": 1\n',
    found: ['syntax-unclosed 2:8'],
    cured: '{\n  "a": {\n    "b": 1\n  }\n}\n',
  },
  {
    format: 'json',
    text: '{\n  "a": {\n    "b": {\n      "c": 1\n    ,\n    "d": {}\n  }\n}\n',
    found: ['syntax-unclosed 3:10'],
    value: { a: { b: { c: 1, d: {} } } },
  },
  { format: 'json', text: '{"a": [1, 2}', found: ['syntax-unclosed 1:7'], cured: '{"a": [1, 2]}' },
  { format: 'json', text: '{"a": {"b": 1]}', found: ['syntax-other 1:14'], cured: '{"a": {"b": 1}}' },
  { format: 'json', text: '{"a": 1}\n{"b": 2}\n', found: ['syntax-extra-text 2:1'], value: { a: 1 } },
  {
    format: 'json',
    text: '```json\n{"a": 1}\n```\n',
    found: ['syntax-extra-text 1:1'],
    cured: '{"a": 1}\n',
    value: { a: 1 },
  },
  {
    format: 'json',
    text: '"mcpServers": {"a": {}}\n',
    found: ['syntax-other 1:1'],
    cured: '{"mcpServers": {"a": {}}}\n',
  },
  {
    format: 'json',
    text: '{"a": True, "b": None}',
    found: ['syntax-other 1:7', 'syntax-other 1:18'],
    cured: '{"a": true, "b": null}',
  },
  { format: 'json', text: '{"a": 1, "a": 2}', found: ['syntax-duplicate-key 1:10'], value: { a: 2 } },
  {
    format: 'json',
    text: '{"u": https://x.example/mcp}',
    found: ['syntax-other 1:7'],
    cured: '{"u": "https://x.example/mcp"}',
  },
  { format: 'toml', text: '', found: [], value: {} },
  {
    format: 'toml',
    text: '[a]\nx = "C:\\Users\\me"\ny = 1\n',
    found: ['syntax-backslash 2:8'],
    cured: '[a]\nx = "C:\\\\Users\\\\me"\ny = 1\n',
    value: { a: { x: 'C:\\Users\\me', y: 1 } },
  },
  {
    format: 'toml',
    text: '[a]\nx = ["C:\\Users", "b"]\n',
    found: ['syntax-backslash 2:9'],
    cured: '[a]\nx = ["C:\\\\Users", "b"]\n',
    value: { a: { x: ['C:\\Users', 'b'] } },
  },
  {
    format: 'toml',
    text: '[a\nx = 1\n[b]\ny = 2\n',
    found: ['syntax-unclosed 1:1'],
    cured: '[a]\nx = 1\n[b]\ny = 2\n',
    value: { b: { y: 2 } },
  },
  { format: 'toml', text: 'x = 1\nx = 2\n', found: ['syntax-duplicate-key 2:1'], value: { x: 1 } },
  { format: 'toml', text: '[s.my server]\nx = 1\n', found: ['syntax-other 1:7'], cured: '[s."my server"]\nx = 1\n' },
  {
    format: 'toml',
    text: 'x = ["a",\n"b"\ny = 1\n',
    found: ['syntax-unclosed 1:5'],
    cured: 'x = ["a",\n"b"]\ny = 1\n',
  },
  {
    format: 'toml',
    text: 'x = “y”\nz: "q"\n',
    found: ['syntax-smart-quotes 1:5', 'syntax-other 2:2'],
    cured: 'x = "y"\nz = "q"\n',
    value: { x: 'y', z: 'q' },
  },
  { format: 'yaml', text: '', found: [] },
  { format: 'yaml', text: 'a:\n\tb: 1\n', found: ['syntax-tab 2:1'], cured: 'a:\n  b: 1\n' },
  { format: 'yaml', text: 'a:\n  b:\n    c: 1\n\td: 2\n', found: ['syntax-tab 4:1'] },
  { format: 'yaml', text: 'a: @s/x\n', found: ['syntax-other 1:4'], cured: 'a: "@s/x"\n' },
  { format: 'yaml', text: 'command:npx\nargs: x\n', found: ['syntax-other 1:8'], cured: 'command: npx\nargs: x\n' },
  {
    format: 'yaml',
    text: 'a: [1, 2\nb: 3\n',
    found: ['syntax-unclosed 1:4'],
    cured: 'a: [1, 2]\nb: 3\n',
    value: { a: [1, 2], b: 3 },
  },
  { format: 'yaml', text: 'a: 1\na: 2\n', found: ['syntax-duplicate-key 2:1'], value: { a: 2 } },
  {
    format: 'yaml',
    text: 'a: &x {k: 1}\nb:\n  <<: *x\n  l: *x\n',
    found: [],
    value: { a: { k: 1 }, b: { k: 1, l: { k: 1 } } },
  },
  { format: 'yaml', text: 'a: 1\n---\nb: 2\n', found: ['syntax-extra-text 2:1'], value: { a: 1 } },
];

it.each(CASES)('$format $text', ({ format, text, found, cured, value }) => {
  const config = readText(text, format);
  const places = config.faults.map((fault) => {
    const { line, column } = positionOf(text, fault.range.start);
    return `${fault.rule} ${line}:${column}`;
  });
  expect(places).toEqual(found);
  const edits = config.faults.flatMap((fault) => fault.edits);
  if (cured !== undefined) expect(applyEdits(text, edits)).toBe(cured);
  if (value !== undefined) expect(config.root?.value).toEqual(value);
});
