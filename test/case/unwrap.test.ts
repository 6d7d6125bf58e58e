import { expect, it } from 'vitest';
import { unwrapped } from '../../src/case/unwrap.js';

it('takes what a server said out of the line that a client in Go wrote about it', () => {
  expect(
    unwrapped([
      String.raw`time=2026-05-04T23:57:14.247Z level=INFO msg="mcp stderr" server=s stream=stderr line="File \"a.py\"\nboom"`,
    ]),
  ).toEqual(['File "a.py"', 'boom']);
});

it('leaves a line alone in which a server logs for itself', () => {
  const line = 'time="2026-05-04T23:57:14Z" level=error msg="no such host"';
  expect(unwrapped([line])).toEqual([line]);
});
