// client sees: MCP error -32000: Connection closed
// The pool is opened before the server answers. The port was free a moment ago, so that nobody listens there.
import { connect, createServer } from 'node:net';

const free = createServer().listen(0, '127.0.0.1', () => {
  const { port } = free.address();
  free.close(() => connect(port, '127.0.0.1'));
});
