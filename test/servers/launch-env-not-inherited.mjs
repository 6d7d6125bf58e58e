// client sees: MCP error -32000: Connection closed
// XDG_RUNTIME_DIR is none of the variables that a client passes on.
import { mkdirSync } from 'node:fs';

mkdirSync(`${process.env.XDG_RUNTIME_DIR}/some-server`);
process.stdin.resume();
