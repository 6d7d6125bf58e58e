/** What is wrong on Windows alone is found there, and on a Mac nothing of it; the edits keep line ends and quote backslashes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../src/clients/index.js';
import { applyEdits, bytesOf } from '../../src/config/edit.js';
import { findConfigs } from '../../src/probe/configs.js';
import type { World } from '../../src/probe/world.js';
import { testFolder } from '../support/folder.js';
import { macDisk, windowsDisk } from '../support/machines.js';

const folder = testFolder();
const lay = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder.path, path)), { recursive: true });
  writeFileSync(join(folder.path, path), text);
};

/** A file of the user's own in the home folder, judged on both systems. */
function judged(id: string, path: string, text: string) {
  lay(join('/Users/ann', path), text);
  const on = (world: World) => {
    const clients = CLIENTS.filter((client) => client.id === id);
    const file = findConfigs(world, { clients }).find(({ config }) => config);
    if (!file?.config) throw new Error('not found');
    const { config } = file;
    const hits = file.faults.filter(({ level }) => level !== 'info');
    const mended = hits.reduceRight((now, { edits }) => applyEdits(now, edits), config.text);
    return { rules: hits.map(({ rule }) => rule), mended, bytes: Buffer.from(bytesOf(config, mended)) };
  };
  return { windows: on(windowsDisk(folder.path)), mac: on(macDisk(folder.path)) };
}

const cursor = (entry: object, end = '\n') =>
  `${JSON.stringify({ mcpServers: { weather: entry } }, null, 2)}\n`.replaceAll('\n', end);

describe('a path', () => {
  it.each<[string, string[], string[], string[]]>([
    ['of a drive that is there', ['C:\\tools\\x.js'], [], []],
    ['of a drive in small letters, with slashes', ['c:/tools/x.js'], [], []],
    ['of a drive that is not there', ['C:\\tools\\y.js'], ['path-missing'], []],
    ['of another drive', ['E:\\tools\\x.js'], ['path-missing'], []],
    ['of a share', ['\\\\server\\tools\\x.js'], [], []],
    ['of a share that is not there', ['\\\\server\\tools\\y.js'], ['path-missing'], []],
    ['of a distribution of WSL', ['\\\\wsl$\\Ubuntu\\home\\ann\\x.js'], [], []],
    ['in quotation marks of its own', ['"C:\\tools\\x.js"'], ['path-missing'], ['path-missing']],
  ])('%s', (_, args, windows, mac) => {
    lay('/tools/x.js', '');
    lay('/unc/server/tools/x.js', '');
    lay('/unc/wsl$/Ubuntu/home/ann/x.js', '');
    const seen = judged('cursor', '.cursor/mcp.json', cursor({ command: 'node', args }));
    expect([seen.windows.rules, seen.mac.rules]).toEqual([windows, mac]);
  });

  it('of a program needs no ending there', () => {
    lay('/tools/server.exe', '');
    expect(judged('cursor', '.cursor/mcp.json', cursor({ command: 'C:\\tools\\server' })).windows.rules).toEqual([]);
  });

  it('that begins with ~ is written out, in each way of writing it', () => {
    const { windows } = judged('cursor', '.cursor/mcp.json', cursor({ command: '~\\bin\\server.exe' }, '\r\n'));
    expect(windows.rules).toEqual(['path-tilde']);
    const { command } = JSON.parse(windows.mended).mcpServers.weather;
    expect(command.replaceAll('\\', '/')).toMatch(/^(?:C:\/Users\/ann|\$\{userHome\})\/bin\/server\.exe$/);
    // Nothing but the path has changed, and the line ends least of all.
    expect(windows.mended.split('\r\n').length).toBe(windows.mended.split('\n').length);
  });
});

describe('a backslash of JSON', () => {
  const TEXT =
    '{\r\n  "mcpServers": {\r\n    "weather": { "command": "C:\\Program Files\\nodejs\\node.exe" }\r\n  }\r\n}\r\n';
  it('is doubled, and every other byte stays', () => {
    const { windows } = judged('cursor', '.cursor/mcp.json', TEXT);
    expect(windows.rules).toContain('syntax-backslash');
    expect(windows.mended).toBe(TEXT.replace('C:\\Program Files\\nodejs\\', 'C:\\\\Program Files\\\\nodejs\\\\'));
    expect(windows.bytes.toString('utf8')).toBe(windows.mended);
  });
});

describe('a backslash of TOML', () => {
  const TEXT = '[mcp_servers.weather]\r\ncommand = "C:\\Users\\ann\\node.exe"\r\n';
  it('is cured so that the path is the one that was meant', () => {
    const { windows } = judged('codex', '.codex/config.toml', TEXT);
    expect(windows.rules).toContain('syntax-backslash');
    expect(windows.mended).toMatch(
      /^\[mcp_servers\.weather\]\r\ncommand = (?:"C:\\\\Users\\\\ann\\\\node\.exe"|'C:\\Users\\ann\\node\.exe')\r\n$/,
    );
  });
});

describe('a batch file', () => {
  it('is wrapped where the client does not, on Windows alone', () => {
    const text =
      'extensions:\r\n  weather:\r\n    name: weather\r\n    type: stdio\r\n    enabled: true\r\n    cmd: npx\r\n    args: [-y, weather-mcp]\r\n';
    lay('/Users/ann/AppData/Roaming/Block/goose/config/config.yaml', text);
    const { windows, mac } = judged('goose', '.config/goose/config.yaml', text);
    expect([windows.rules, mac.rules]).toEqual([['windows-script-bare'], []]);
    expect(windows.mended).toMatch(/cmd: cmd\r\n {4}args: \[\/c, npx, -y, weather-mcp\]\r\n$/);
  });

  it('needs nothing where the client finds it by itself', () => {
    const path = 'AppData/Roaming/Claude/claude_desktop_config.json';
    lay(`/Users/ann/${path}`, cursor({ command: 'npx', args: ['-y', 'weather-mcp'] }));
    const files = findConfigs(windowsDisk(folder.path), {
      clients: CLIENTS.filter(({ id }) => id === 'claude-desktop'),
    });
    expect(files.flatMap(({ faults }) => faults.map(({ rule }) => rule))).toEqual([]);
    expect(readFileSync(join(folder.path, 'Users/ann', path), 'utf8')).toContain('npx');
  });
});
