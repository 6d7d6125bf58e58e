import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type CliResult, cli } from '../support/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A marker in every planted secret: nothing that holds it may come out. */
const MARKER = 'Zq7Leak';
const FORMATS = ['terminal', 'json', 'agent'];

/** Run in every format, saving the case; the secret must be in none of the outputs. Returns the results and the case. */
async function everywhere(
  args: string[],
  options: { env?: Record<string, string>; input?: string } = {},
): Promise<{ results: CliResult[]; saved: string }> {
  const [command = '', ...rest] = args;
  const results: CliResult[] = [];
  let saved = '';
  for (const format of FORMATS) {
    const path = join(folder, `${format}.case.json`);
    const result = await cli([command, '--format', format, '--save-case', path, ...rest], options);
    results.push(result);
    saved = readFileSync(path, 'utf8');
    for (const text of [result.stdout, result.stderr, saved]) expect(text).not.toContain(MARKER);
    expect(JSON.parse(saved).format).toBe('mcp-verdict.case/1');
    const again = await cli(['verify', '--format', format, path]);
    expect(again.stdout).toBe(result.stdout);
  }
  return { results, saved };
}

/** A web server that says back everything it was told, in header and body. */
async function echo(status: number, contentType: string): Promise<{ origin: string; host: string; got: string[] }> {
  const got: string[] = [];
  const server = createServer((request, response) => {
    const told = JSON.stringify([request.url, request.headers]);
    const credentials = request.headers.authorization ?? String(request.headers['x-own'] ?? request.url);
    got.push(told);
    response.writeHead(status, {
      'content-type': contentType,
      'www-authenticate': `Bearer error="invalid_token", error_description="${credentials.replaceAll('"', '\\"')} is unknown"`,
      'set-cookie': `session=${encodeURIComponent(credentials)}`,
      'x-echo': credentials,
      server: `nginx ${credentials}`,
      location: `/login?next=${encodeURIComponent(credentials)}`,
    });
    const body = {
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32001, message: `unauthorized: ${credentials}`, data: { told } },
    };
    response.end(contentType.includes('json') ? JSON.stringify(body) : `<p>${told}</p>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin: `http://${host}`, host, got };
}

describe('a local server', () => {
  const secret = `${MARKER}-pa$s"w\\o/r d%`;

  it('prints the value of a variable to stderr, to stdout and into an error', async () => {
    const script = `
      const value = process.env.DB_SETTING;
      console.error('Error: login failed with ' + value);
      console.error(JSON.stringify({ value }), encodeURIComponent(value), new URLSearchParams({ value }).toString());
      console.log('connecting with ' + value);
      console.log(JSON.stringify({ debug: JSON.stringify({ value }) }));
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { id } = JSON.parse(line);
        console.log(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, message: 'bad ' + value, data: { value } } }));
        process.exit(3);
      });`;
    const { results, saved } = await everywhere([
      'verify',
      '--env',
      `DB_SETTING=${secret}`,
      '--',
      process.execPath,
      '-e',
      script,
    ]);
    expect(saved).toContain('login failed with <redacted value>');
    expect(saved).toContain('DB_SETTING');
    expect(results.map(({ code }) => code)).toEqual([1, 1, 1]);
  });

  it('puts it into its name and the names of its tools', async () => {
    const script = `
      const value = process.env.SETTING;
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { id, method } = JSON.parse(line);
        if (id === undefined) return;
        const result = method === 'initialize'
          ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: value, version: value } }
          : { tools: [{ name: value, inputSchema: { type: 'object' } }, { name: 'x' + value }] };
        console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
      });`;
    await everywhere(['verify', '--env', `SETTING=${secret}`, '--', process.execPath, '-e', script]);
  });

  it('dies, and a secret stands across the place where the text is cut', async () => {
    const script = `console.error('x'.repeat(190) + process.env.API_KEY); console.error('y'.repeat(1985) + process.env.API_KEY);
      console.log('z'.repeat(488) + process.env.API_KEY); process.exit(1);`;
    await everywhere([
      'verify',
      '--env',
      `API_KEY=${MARKER}-0123456789-0123456789`,
      '--',
      process.execPath,
      '-e',
      script,
    ]);
  });

  it('has it among its arguments and repeats it', async () => {
    const script = `console.error('unknown key', process.argv.slice(1).join(' ')); process.exit(1);`;
    const args = ['--api-key', `${MARKER}1`, `--token=${MARKER}2`, '-H', `Authorization: Bearer ${MARKER}3`];
    const { saved } = await everywhere(['verify', '--', process.execPath, '-e', script, '--', ...args]);
    expect(saved).toContain('--api-key');
  });

  it("prints a secret of the user's shell", async () => {
    const script = `console.error('Error: no access with ' + process.env.GITHUB_TOKEN); process.exit(1);`;
    await everywhere(['verify', '--inherit-env', '--', process.execPath, '-e', script], {
      env: { GITHUB_TOKEN: `${MARKER}-of-the-shell` },
    });
  });

  it('prints a private key', async () => {
    const script = `console.error(['-----BEGIN PRIVATE KEY-----', 'MIIE${MARKER}', '${MARKER}==', '-----END PRIVATE KEY-----'].join('\\n')); process.exit(1);`;
    // The script itself stands in the arguments: it is read from the environment instead.
    const { saved } = await everywhere([
      'verify',
      '--env',
      `CODE=${script}`,
      '--',
      process.execPath,
      '-e',
      'eval(process.env.CODE)',
    ]);
    expect(saved).toContain('<redacted private key>');
  });

  it('cannot be started, with a secret in the command', async () => {
    await everywhere(['verify', '--env', `TOKEN=${MARKER}-t`, '--', 'no-such-program-4711', `--password=${MARKER}`]);
  });
});

describe.each([
  [401, 'application/json'],
  [200, 'application/json'],
  [500, 'text/html'],
])('a server that answers %d %s and repeats what it was told', (status, type) => {
  it('the bearer token', async () => {
    const { origin, got } = await echo(status, type);
    const { results } = await everywhere(['verify', '--bearer-env', 'MY_VARIABLE', `${origin}/mcp`], {
      env: { MY_VARIABLE: `${MARKER}.abc-def` },
    });
    expect(got.join('\n')).toContain(`Bearer ${MARKER}.abc-def`);
    for (const { code } of results) expect([1, 3]).toContain(code);
  });

  it('a header of its own name', async () => {
    const { origin, got } = await echo(status, type);
    await everywhere(['verify', '--header', `X-Own: ${MARKER} with "quotes" & spaces`, `${origin}/mcp`]);
    expect(got.join('\n')).toContain(MARKER);
  });

  it('basic credentials, in base64 and in plain', async () => {
    const { origin } = await echo(status, type);
    const basic = Buffer.from(`me:${MARKER}`).toString('base64');
    const { results, saved } = await everywhere([
      'verify',
      '--header',
      `Authorization: Basic ${basic}`,
      `${origin}/mcp`,
    ]);
    for (const text of [saved, ...results.map(({ stdout }) => stdout)]) expect(text).not.toContain(basic);
  });

  it('the key in the query of the URL', async () => {
    const { origin, got } = await echo(status, type);
    await everywhere(['verify', `${origin}/mcp?api_key=${MARKER}%2Fx&page=2`]);
    expect(got.join('\n')).toContain(MARKER);
  });

  it('user and password in the URL', async () => {
    const { host } = await echo(status, type);
    const { results } = await everywhere(['verify', `http://someone:${MARKER}%40x@${host}/mcp`]);
    expect(results[0]?.stdout).toContain(host);
  });
});

describe('a reported failure', () => {
  it('the entry gives the values, the log repeats them', async () => {
    const symptoms = {
      entry: {
        command: 'npx',
        args: ['-y', 'x', '--api-key', `${MARKER}-arg`],
        env: { MY_SETTING: `${MARKER}-env` },
        headers: { 'X-Own': `${MARKER}-header` },
        type: 'stdio',
      },
      url: `https://x.example/mcp?token=${MARKER}-url`,
      stderr: `Error: cannot log in with ${MARKER}-env\nusing ${MARKER}-arg and ${MARKER}-header and ${MARKER}-url`,
      clientError: `MCP error -32000: ${MARKER}-env`,
      http: {
        status: 401,
        headers: { authorization: `Bearer ${MARKER}-sent`, 'x-other': `${MARKER}-other` },
        body: `${MARKER}-sent is wrong`,
      },
    };
    await everywhere(['explain', '-'], { input: JSON.stringify(symptoms) });
  });

  it('a pasted log with secrets of every shape', async () => {
    const text = [
      'MCP error -32000: Connection closed',
      `Error: 401 {"access_token":"${MARKER}"}`,
      `curl -H 'Authorization: Bearer ${MARKER}x' https://me:${MARKER}@x.example/?api_key=${MARKER}`,
      `OPENAI_API_KEY=${MARKER}`,
      `server --token ${MARKER}`,
    ].join('\n');
    await everywhere(['explain', text]);
    await everywhere(['explain', '-'], { input: text });
  });

  it('broken symptoms: the error repeats no secret', async () => {
    const { code, stdout, stderr } = await cli(['explain', '--format', 'json', '-'], {
      input: `{"stderr": "API_KEY=${MARKER}", "env": API_KEY=${MARKER}`,
    });
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain(MARKER);
  });
});
