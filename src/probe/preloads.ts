/**
 * Code that is loaded into a server at its second start, to note who writes to stdout: file and line of the caller, as JSON
 * lines in the file that MCP_VERDICT_WRITES names. It notes what is no JSON-RPC message, at most 40 times, and never throws.
 */

/** Name of the variable that tells the file for the notes. */
export const WRITES = 'MCP_VERDICT_WRITES';

/** CommonJS, for `--require`: works in every Node.js, before the first line of the program, ES modules included. */
export const NODE_PRELOAD = `'use strict';
(() => {
  const out = process.env.${WRITES};
  if (!out) return;
  const fs = require('fs');
  const { appendFileSync, writeSync, write, realpathSync } = fs;
  let left = 40;
  let busy = false;
  const main = () => { try { return realpathSync(process.argv[1]); } catch { return process.argv[1] || ''; } };
  const note = (chunk) => {
    if (busy || left <= 0) return;
    busy = true;
    try {
      const text = (typeof chunk === 'string' ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.byteLength, 600)).toString('utf8')).slice(0, 600);
      if (/^\\s*$/.test(text) || /^\\s*\\{\\s*"(?:jsonrpc|result|id)"/.test(text)) return;
      left--;
      const limit = Error.stackTraceLimit;
      Error.stackTraceLimit = 40;
      const { stack = '' } = new Error();
      Error.stackTraceLimit = limit;
      const frames = stack.split('\\n').slice(1)
        .flatMap((line) => { const found = /(?:\\(|at (?:async )?)((?:file:\\/\\/)?(?:\\/|[A-Za-z]:[\\\\/])[^()]*):(\\d+):\\d+\\)?$/.exec(line); return found ? [[found[1], Number(found[2])]] : []; })
        .filter(([file]) => file !== __filename).slice(0, 20);
      appendFileSync(out, JSON.stringify({ lang: 'node', main: main(), text, frames }) + '\\n');
    } catch {} finally { busy = false; }
  };
  // A program that loads this and never writes is known, too.
  try { appendFileSync(out, JSON.stringify({ lang: 'node', main: main(), text: '', frames: [] }) + '\\n'); } catch {}
  const original = process.stdout.write;
  process.stdout.write = function (chunk, ...rest) { note(chunk); busy = true; try { return original.call(this, chunk, ...rest); } finally { busy = false; } };
  fs.writeSync = function (fd, chunk, ...rest) { if (fd === 1) note(chunk); return writeSync.call(this, fd, chunk, ...rest); };
  fs.write = function (fd, chunk, ...rest) { if (fd === 1) note(chunk); return write.call(this, fd, chunk, ...rest); };
  try { require('module').syncBuiltinESMExports(); } catch {}
})();
`;

/** For a folder on PYTHONPATH: Python imports sitecustomize by itself at its start. One that it hides is run after it. */
export const PYTHON_PRELOAD = `import sys


def _watch():
    import json
    import os

    out = os.environ.get("${WRITES}")
    stream = sys.stdout
    if not out or stream is None:
        return
    original = stream.write
    left = [40]

    def main():
        module = sys.modules.get("__main__")
        spec = getattr(module, "__spec__", None)
        if spec is not None and spec.name:
            return "module " + spec.name
        return os.path.realpath(sys.argv[0]) if sys.argv and sys.argv[0] else ""

    def keep(text, frames):
        with open(out, "a") as notes:
            notes.write(
                json.dumps(
                    {
                        "lang": "python",
                        "main": main(),
                        "stdlib": os.path.dirname(os.path.realpath(os.__file__)),
                        "text": text,
                        "frames": frames,
                    }
                )
                + "\\n"
            )

    def note(text):
        if left[0] <= 0 or not isinstance(text, str) or not text.strip():
            return
        if text.lstrip().startswith(('{"jsonrpc"', '{"result"', '{"id"')):
            return
        left[0] -= 1
        frames = []
        frame = sys._getframe(2)
        while frame is not None and len(frames) < 20:
            file = frame.f_code.co_filename
            if not file.startswith("<"):
                frames.append([os.path.realpath(file), frame.f_lineno])
            frame = frame.f_back
        keep(text[:600], frames)

    def write(text):
        try:
            note(text)
        except Exception:
            pass
        return original(text)

    # A program that loads this and never writes is known, too.
    keep("", [])
    stream.write = write


try:
    _watch()
except Exception:
    pass


def _next():
    import importlib.machinery
    import os

    here = os.path.dirname(os.path.realpath(__file__))
    rest = [path for path in sys.path if os.path.realpath(path or ".") != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        import importlib.util

        spec.loader.exec_module(importlib.util.module_from_spec(spec))


try:
    _next()
except Exception:
    pass
`;
