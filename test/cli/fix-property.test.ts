/**
 * Any file, any fix: what is not in an edit stays to the byte; a second fix has nothing to do; written and taken back, the file is what
 * it was. The files are made of entries that are right and entries that are wrong in every way that has a sure edit.
 */
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FixTarget, judgeOf } from '../../src/cli/fix-target.js';
import { clientOf } from '../../src/clients/index.js';
import { applyEdits } from '../../src/config/edit.js';
import { planFix } from '../../src/config/plan.js';
import { readConfig } from '../../src/config/read.js';
import { lastWriting, putBack, replaceFile } from '../../src/probe/config-file.js';
import type { FoundFile } from '../../src/probe/configs.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();

/** Entries of each format: the name goes into N, and `wrong` ones have an edit. */
const JSON_ENTRIES = {
  right: [
    '"N": {"command" :"node",  "args":[ "/srv/a b/\u00fc.js" , "--x" ] }',
    '"N": { "command": "/usr/bin/python3", "args": ["/srv/s.py"], "env": { "MODE": "a\\u0041\\t" } }',
  ],
  wrong: [
    '"N": { "command": "node /srv/server.js --port 1" }',
    '"N": { "command": "docker", "args": ["run", "--rm", "mcp/fetch"] }',
    '"N": { "command": "npx", "args": ["some-server"] }',
    '"N": { "command": "node", "args": "/srv/server.js" }',
    '"N": { "command": "node", "args": ["/srv/server.js"], "env": { "PORT": 8080, "DEBUG": true } }',
    '"N": { "command": "node", "args": ["/srv/server.js",], }',
    '"N": { "command": ["node", "/srv/server.js"] }',
    "'N': { 'command': 'node' }",
    '\u201cN\u201d: { \u201ccommand\u201d: \u201cnode\u201d }',
    'N: { command: "node" }',
  ],
};
const TOML_ENTRIES = {
  right: ['[mcp_servers.N]\ncommand = "node"   # the "good" one\nargs = [ "/srv/a b/\u00fc.js" ]\n'],
  wrong: [
    '[mcp_servers.N]\ncommand = "node /srv/server.js"\n',
    '[mcp_servers.N]\ncommand = "docker"\nargs = ["run", "--rm", "mcp/fetch"] # fetch\n',
    '[mcp_servers.N]\ncommand = "npx"\nargs = [\n  "some-server", # it\n]\n',
    '[mcp_servers.N]\ncommand = "node"\nargs = "/srv/server.js"\n',
    '[mcp_servers.N]\ncommand = "node"\nenv = { PORT = 8080 }\n',
  ],
};
const YAML_ENTRIES = {
  right: ['  N:\n    type: stdio\n    name: N\n    cmd: node   # right\n    args: ["/srv/\u00fc.js"]\n'],
  wrong: [
    '  N:\n    type: stdio\n    name: N\n    cmd: node /srv/server.js\n',
    '  N:\n    type: stdio\n    name: N\n    cmd: docker\n    args:\n      - run\n      - --rm   # gone afterwards\n      - mcp/fetch\n',
    '  N:\n    type: stdio\n    name: N\n    cmd: npx\n    args: [some-server]\n',
    '  N:\n    type: stdio\n    name: N\n    cmd: node\n    envs:\n      PORT: 8080\n',
  ],
};

interface Kind {
  client: string;
  entries: { right: string[]; wrong: string[] };
  /** Wrong elsewhere, not for this client. */
  fine?: string[];
  /** A whole file around its entries. */
  file(entries: string[], comment: string): string;
}

const KINDS: Kind[] = [
  {
    ...{ client: 'cursor', entries: JSON_ENTRIES },
    file: (entries, comment) =>
      `{\n  ${comment ? `// ${comment}\n  ` : ''}"mcpServers" : {\n    ${entries.join(',\n    ')}\n  }\n}\n`,
  },
  {
    ...{ client: 'vscode', entries: JSON_ENTRIES, fine: JSON_ENTRIES.wrong.filter((entry) => entry.includes(',]')) },
    file: (entries, comment) =>
      `// ${comment}\n{ "inputs": [ ],\n\t"servers": {\n\t\t${entries.join(' ,\n\t\t')}\n\t}\n}`,
  },
  {
    ...{ client: 'codex', entries: TOML_ENTRIES },
    file: (entries, comment) => `# ${comment}\nmodel = 'x'\n\n${entries.join('\n')}`,
  },
  {
    ...{ client: 'goose', entries: YAML_ENTRIES },
    file: (entries, comment) =>
      `# ${comment}\nGOOSE_MODEL: x\nextensions:\n${entries.join('')}\nother: [1, 2]   # end\n`,
  },
];

const machine = { os: 'linux', home: '/home/me', isSet: () => false, look: () => undefined } as const;

function targetOf({ client: id }: Kind, path: string, bytes: Uint8Array): FixTarget {
  const client = clientOf(id);
  const place = client?.places.find(({ os, scope }) => os.includes('linux') && scope === 'user');
  if (!client || !place) throw new Error(`${id} has no place`);
  const config = readConfig(bytes, place.format);
  const found: FoundFile = {
    client,
    place,
    path,
    shown: path,
    state: 'read',
    bytes,
    config,
    entries: [],
    faults: [],
    machine,
  };
  return { label: path, client, files: [found] };
}

const planOf = (target: FixTarget) => {
  const [{ config }] = target.files;
  if (!config) throw new Error('not read');
  return planFix(config, { judge: judgeOf(target), wants: ({ level }) => level !== 'info' });
};

const arbitrary = (kind: Kind) =>
  fc
    .record({
      picks: fc.array(
        fc.record({
          right: fc.boolean(),
          which: fc.nat({ max: 20 }),
          name: fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/),
        }),
        { minLength: 1, maxLength: 5 },
      ),
      comment: fc.constantFrom('', 'mine', 'key: "x", { not: real }', '\u{1F600} \u00e4'),
      crlf: fc.boolean(),
      bom: fc.boolean(),
      mode: fc.constantFrom(0o600, 0o644, 0o660),
    })
    .map(({ picks, comment, crlf, bom, mode }) => {
      const blocks = picks.map(({ right, which, name }, i) => {
        const choice = right ? kind.entries.right : kind.entries.wrong;
        return { right, text: (choice[which % choice.length] ?? '').replaceAll('N', `${name}${i}`) };
      });
      const text = kind
        .file(
          blocks.map((block) => block.text),
          comment,
        )
        .replaceAll('\n', crlf ? '\r\n' : '\n');
      const kept = blocks
        .filter(({ right }) => right)
        .map((block) => block.text.trim().replaceAll('\n', crlf ? '\r\n' : '\n'));
      return { bytes: Buffer.from(bom ? `\uFEFF${text}` : text), kept, mode };
    });

describe.each(KINDS)('$client', (kind) => {
  it('keeps every byte outside of its edits, is done at once, and can be taken back', async () => {
    const home = {
      platform: process.platform,
      home: folder.path,
      env: { MCP_VERDICT_CONFIG_DIR: join(folder.path, 'own') },
    };
    const path = join(folder.path, 'config');
    let fixed = 0;
    await fc.assert(
      fc.asyncProperty(arbitrary(kind), async ({ bytes, kept, mode }) => {
        const target = targetOf(kind, path, bytes);
        const plan = planOf(target);
        expect(applyEdits(plan.before.text, plan.edits)).toBe(plan.after.text);
        // Entries that are right, with their blanks and comments.
        for (const piece of kept) expect(plan.after.text).toContain(piece);
        const breaks = (text: string) => new Set(text.match(/\r\n|\n|\r/g));
        expect([...breaks(plan.after.text)].filter((one) => !breaks(plan.before.text).has(one))).toEqual([]);
        if (!plan.bytes) return;
        fixed++;
        expect(planOf(targetOf(kind, path, plan.bytes)).cured.map(({ rule }) => rule?.rule)).toEqual([]);
        writeFileSync(path, bytes);
        chmodSync(path, mode);
        await replaceFile({ path, before: bytes, after: plan.bytes, shown: path, target: path }, home);
        expect(readFileSync(path).equals(plan.bytes)).toBe(true);
        const last = lastWriting(path, home);
        if (!last) throw new Error('nothing to take back');
        await putBack(last, home);
        expect(readFileSync(path).equals(bytes)).toBe(true);
        expect(statSync(path).mode & 0o7777).toBe(mode);
      }),
      { numRuns: 40 },
    );
    expect(fixed).toBeGreaterThan(15);
  });

  it('cures every one of its wrong entries', () => {
    const plans = kind.entries.wrong.map((entry) => ({
      entry,
      plan: planOf(targetOf(kind, '/c', Buffer.from(kind.file([entry.replaceAll('N', 'one')], '')))),
    }));
    expect(plans.flatMap(({ plan }) => plan.left.map(({ rule }) => rule.rule))).toEqual([]);
    expect(plans.filter(({ plan }) => plan.cured.length === 0).map(({ entry }) => entry)).toEqual(kind.fine ?? []);
  });
});
