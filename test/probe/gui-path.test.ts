/**
 * One and the same entry fails in a client that the desktop started and works in one that asks a login shell for the PATH: the folder of
 * the program stands in .bashrc, which only a shell with a terminal reads. Real shells, real programs, a home folder of its own.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { SOUND } from '../support/doctor-home.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();
const home = () => join(folder.path, 'home');
const entry = { command: 'notes-server', args: [] };

function lay(): Record<string, string> {
  folder.put('home/tools/notes-server', `#!/bin/sh\nexec '${process.execPath}' '${SOUND.plain}'\n`);
  folder.put('home/.profile', 'export FROM_PROFILE=yes\n', 0o644);
  folder.put('home/.bashrc', `export PATH="${home()}/tools:$PATH"\n`, 0o644);
  // As most systems have it: a login shell with a terminal reads .bashrc as well.
  folder.put('home/.bash_profile', '. ~/.profile\ncase $- in *i*) . ~/.bashrc ;; esac\n', 0o644);
  folder.put('home/.config/Claude/claude_desktop_config.json', JSON.stringify({ mcpServers: { notes: entry } }), 0o644);
  folder.put('home/.config/zed/settings.json', JSON.stringify({ context_servers: { notes: entry } }), 0o644);
  return {
    ...{ HOME: home(), SHELL: '/bin/bash', PATH: '/usr/local/bin:/usr/bin:/bin', DBUS_SESSION_BUS_ADDRESS: '' },
    ...{
      XDG_RUNTIME_DIR: join(folder.path, 'run'),
      XDG_CONFIG_HOME: '',
      MCP_VERDICT_CONFIG_DIR: join(folder.path, 'own'),
    },
  };
}

const verify = async (target: string) => {
  const result = await cli(['verify', target], { cwd: folder.path, env: lay() });
  expect(result.stderr).not.toContain('    at ');
  // Words may be parted at the end of a line, a folder at its slashes.
  return { code: result.code, text: result.stdout.replace(/\s+/g, '') };
};

describe('the same entry', () => {
  it('fails with the PATH of the desktop, and the folder that is missing is named', async () => {
    const { code, text } = await verify('claude-desktop:notes');
    expect(code).toBe(1);
    // As sure as it is what the desktop gives: certain only where a session manager could be asked.
    expect(text).toMatch(/(?:certain|likely)·launch-command-not-on-path/);
    expect(text).toContain(`Yourshellhasitin${join(home(), 'tools')}.`);
    expect(text).toContain(`"env":{"PATH":"${join(home(), 'tools')}:`);
    expect(text).toContain('PATHofthedesktopsession:');
  });

  it('works in a client that asks the login shell', async () => {
    const { code, text } = await verify('zed:notes');
    expect(code).toBe(0);
    expect(text).toContain('healthyzed:notes');
    expect(text).toContain(`PATHofaloginshell:${join(home(), 'tools')}:`);
  });
});
