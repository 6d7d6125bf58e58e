/**
 * The gallery of configuration files: what is found in each is what the client would stumble over, neither more nor less, and what is
 * offered as a cure is one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CLIENTS } from '../src/clients/index.js';
import { RULE_IDS } from '../src/config/config.js';
import { compared, galleryFiles, judge } from './support/gallery.js';
import { curedAll, cureOf, refusal } from './support/gallery-cures.js';
import { type Started, startedFrom } from './support/gallery-start.js';

const files = galleryFiles();
const named = files.map((file) => ({ name: file.name, file }));

describe('the gallery itself', () => {
  it('has 120 files and more, of every client and format, sound ones and broken ones', () => {
    expect(files.length).toBeGreaterThanOrEqual(120);
    const shown = new Set(files.map(({ client }) => client.id));
    const onDisk = CLIENTS.filter(({ places }) => places.length > 0);
    expect(onDisk.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
    expect(new Set(files.map(({ places }) => places[0]?.format))).toEqual(new Set(['json', 'jsonc', 'toml', 'yaml']));
    const serious = files.filter(({ expectation }) =>
      expectation.findings.some(({ rule }) => !['switched-off', 'secret-in-plain-text'].includes(rule)),
    );
    expect(serious.length).toBeGreaterThanOrEqual(80);
    expect(files.length - serious.length).toBeGreaterThanOrEqual(40);
  });

  it('has every rule twice', () => {
    const times = (rule: string) =>
      files.filter(({ expectation }) => expectation.findings.some((finding) => finding.rule === rule)).length;
    expect(RULE_IDS.filter((rule) => times(rule) < 2)).toEqual([]);
  });

  it('says of every file where it is from', () => {
    expect(files.filter(({ expectation }) => !/^(?:own|https:\/\/\S+)$/.test(expectation.source))).toEqual([]);
    expect(files.filter(({ expectation }) => !/\.$/.test(expectation.says)).map(({ name }) => name)).toEqual([]);
  });
});

describe('whoever judges the cures', () => {
  it('sees one that cures nothing, and one that brings something new', () => {
    const file = files.find(({ name }) => name === 'claude-desktop/trailing-comma.json');
    if (!file) throw new Error('the file is gone');
    const judged = judge(file);
    const [fault] = judged.faults;
    if (!fault) throw new Error('nothing was found');
    const start = { start: 0, end: 0 };
    expect(cureOf(file, judged, fault)).toEqual([]);
    expect(cureOf(file, judged, { ...fault, edits: [{ range: start, text: ' ' }] })).toEqual([
      'the fault is still there',
    ]);
    const more = [{ range: start, text: '// mine\n' }, ...fault.edits];
    expect(cureOf(file, judged, { ...fault, edits: more })).toEqual(['it brings syntax-comment']);
    const twice = [...fault.edits, ...fault.edits];
    expect(cureOf(file, judged, { ...fault, edits: twice })).toEqual(['its edits overlap']);
  });

  it.each([
    ['json', '{"a": 1}', '{"a": 1,}'],
    ['json', '[]', '[] // none'],
    ['jsonc', '{"a": [1,], /* b */ }', '{"a": 1 "b": 2}'],
    ['toml', 'a = true', 'a = yes'],
    ['toml', '[a]\nb = 1', '[a]\n[a]'],
    ['yaml', 'a: 1\nb: 2', 'a: 1\na: 2'],
    ['yaml', 'a:\n  b: 1', 'a:\n\tb: 1'],
  ] as const)('takes another parser for %s', (format, sound, broken) => {
    expect(refusal(sound, format)).toBeUndefined();
    expect(refusal(broken, format)).toBeTypeOf('string');
  });
});

describe('what is found', () => {
  it.each(named)('$name', ({ file }) => {
    const { expected, found } = compared(file, judge(file).faults);
    expect(found, file.expectation.says).toEqual(expected);
  });
});

describe('what is offered as a cure', () => {
  it.each(named)('$name', ({ file }) => {
    const judged = judge(file);
    for (const wanted of file.expectation.findings) {
      const fault = judged.faults.find(
        ({ rule, line, column }) => rule === wanted.rule && line === wanted.line && column === wanted.column,
      );
      if (!fault || wanted.fix === undefined) continue;
      const offered = fault.edits.length > 0 || fault.recode !== undefined;
      expect(offered, `${wanted.rule} in line ${wanted.line}`).toBe(wanted.fix === 'gone');
    }
    for (const fault of judged.faults.filter(({ edits, recode }) => edits.length > 0 || recode))
      expect(cureOf(file, judged, fault), `${fault.rule} in line ${fault.line}`).toEqual([]);
    expect(curedAll(file).wrong).toEqual([]);
  });
});

describe('a cured file starts its servers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-gallery-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  /** A home folder in which nothing else lies. */
  const home = () => mkdtempSync(join(folder, 'home-'));
  const withServers = named.flatMap(({ name, file }) =>
    (file.expectation.healthy ?? []).map((server) => ({ name, server, file })),
  );

  it('in enough files', () => expect(withServers.length).toBeGreaterThanOrEqual(25));

  it.each(withServers)('$name: $server', async ({ file, server }) => {
    const after: Started = await startedFrom(home(), file, curedAll(file).bytes, server);
    expect(after.status, after.why).toBe('healthy');
    if (file.expectation.findings.some(({ fix }) => fix === 'gone')) {
      const before: Started = await startedFrom(home(), file, file.bytes, server);
      expect(before.status, 'as it was before').not.toBe('healthy');
    }
  });
});
