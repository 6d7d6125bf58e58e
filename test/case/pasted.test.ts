import { describe, expect, it } from 'vitest';
import { pasted } from '../../src/case/pasted.js';

describe('pasted text', () => {
  it.each([
    [
      'a message that a window broke',
      ['The module notes.node was compiled against a different Node.js', 'version using NODE_MODULE_VERSION 127.'],
      ['The module notes.node was compiled against a different Node.js version using NODE_MODULE_VERSION 127.'],
    ],
    [
      'a path that did not fit',
      ["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod' imported from", '/home/user/notes/dist/index.js'],
      ["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod' imported from /home/user/notes/dist/index.js"],
    ],
    ['a quotation', ['> Error: no such option', '> see --help'], ['Error: no such option', 'see --help']],
    ['a block of code', ['```text', 'Error: no such option', '```'], ['Error: no such option']],
    ['a string of JSON', ['"Error: no \\"port\\"\\n    at main"'], ['Error: no "port"', '    at main']],
    ['a part of such a string', ['Unexpected token, \\"Weather M\\"...'], ['Unexpected token, "Weather M"...']],
    ['bent quotation marks', ['Cannot find module ‘./x’ of “notes”'], [`Cannot find module './x' of "notes"`]],
    ['a line between backticks', ['`Connection closed`'], ['Connection closed']],
    [
      "a wrapper's words before the server's",
      ['2026-01-02 03:04:05.006 [warning] [notes] Log from MCP Server: Error: no such option'],
      ['Error: no such option'],
    ],
  ])('%s is brought back', (_, given, lines) => {
    expect(pasted(given)).toEqual(lines);
  });

  it.each([
    [
      'rows of a list',
      ['notes.sh: line 1: import: command not found ...', 'notes.sh: line 2: const: command not found ...'],
    ],
    ['a trace', ['TypeError: tools.map is not a function or its return', '    at file:///srv/index.js:4:9']],
    ['a script of npm', ['> notes@1.0.0 start', '> node index.js']],
    ['the parts of a transcript', ['> POST /mcp HTTP/1.1', '> Host: notes.example']],
    ['a log', ['2026-01-02 03:04:05 notes: the index could not be loaded from disk', '2026-01-02 03:04:06 done']],
    ['a path of Windows beside a quotation', ['Error in "C:\\new\\server.js"']],
    ['a lone bent mark, the fault itself', ["Unexpected token '“' in JSON at position 2"]],
    ['sentences', ['The server needs a newer version of Node.js than this one.', 'nothing was started']],
  ])('%s stays as it is', (_, given) => {
    expect(pasted(given)).toEqual(given);
  });
});
