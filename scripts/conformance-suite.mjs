/**
 * The official MCP conformance suite, installed on demand. It lives in a folder of its own (test/conformance), because it brings many
 * packages and runs on Node.js 22 only: an older Node.js gets one from npm, beside it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../test/conformance/', import.meta.url));
const SUITE = `${FOLDER}node_modules/@modelcontextprotocol/conformance/dist/index.js`;
/** Says which lock the folder was installed from. */
const STAMP = `${FOLDER}node_modules/.installed-from`;

const isOld = Number(process.versions.node.split('.')[0]) < 22;
const PACKAGED = [
  `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
  `node-bin-${process.platform}-${process.arch}`,
].map((name) => `${FOLDER}node_modules/${name}/bin/node${process.platform === 'win32' ? '.exe' : ''}`);

/** Install the suite unless it is there, and say where it is and what runs it. */
export function conformanceSuite() {
  const lock = readFileSync(`${FOLDER}package-lock.json`, 'utf8');
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== lock) {
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const { status, error, stderr } = spawnSync('npm', isOld ? args : [...args, '--omit=optional'], {
      cwd: FOLDER,
      encoding: 'utf8',
      shell: process.platform === 'win32',
      // Whoever started us may have started npm in another folder, which hands on its settings.
      env: Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !/^npm_config_(?:local_)?prefix$/i.test(name)),
      ),
    });
    if (error || status !== 0)
      throw new Error(`the conformance suite could not be installed: ${error?.message ?? stderr}`);
    writeFileSync(STAMP, lock);
  }
  const node = isOld ? PACKAGED.find((path) => existsSync(path)) : process.execPath;
  if (!node)
    throw new Error(
      `the conformance suite needs Node.js 22; there is no package of it for ${process.platform} ${process.arch}`,
    );
  return { node, suite: SUITE };
}
