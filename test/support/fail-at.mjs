/**
 * Loaded before a program: makes its n-th call into the file system fail, or the last thing that the process ever does. The program
 * says so by `globalThis.fail`: `at` is the number of the call, `how` is `kill`, an error code, or `write`, with which somebody else
 * writes `text` into `file` right before the call. `calls` counts them, and is set to 0 by the program.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const CALLS = [
  ...['openSync', 'closeSync', 'readSync', 'readFileSync', 'writeFileSync', 'fsyncSync', 'fchmodSync', 'fchownSync'],
  ...[
    'renameSync',
    'rmSync',
    'mkdirSync',
    'chmodSync',
    'readdirSync',
    'statSync',
    'fstatSync',
    'lstatSync',
    'accessSync',
  ],
];

const real = Object.fromEntries(CALLS.map((name) => [name, fs[name]]));

for (const name of CALLS)
  fs[name] = (...args) => {
    const { fail } = globalThis;
    if (!fail || ++fail.calls !== fail.at) return real[name](...args);
    if (fail.how === 'kill') {
      // Half of it has reached the disk.
      if (name === 'writeFileSync') real.writeFileSync(args[0], Buffer.from(args[1]).subarray(0, args[1].length / 2));
      process.kill(process.pid, 'SIGKILL');
      // The signal may take a moment, and nothing more may happen.
      for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    if (fail.how === 'write') {
      const handle = real.openSync(fail.file, 'w');
      fs.writeSync(handle, fail.text);
      real.closeSync(handle);
      return real[name](...args);
    }
    // What was opened would stay open for ever: that a close fails is told after it was done.
    if (name === 'closeSync') real.closeSync(...args);
    throw Object.assign(new Error(`${fail.how}: injected, ${name}`), { code: fail.how, syscall: name });
  };
syncBuiltinESMExports();
