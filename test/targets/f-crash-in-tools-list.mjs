// (f) Answers initialize, then an exception in tools/list that nobody catches: TypeError on stderr, exit 1.
import { serveStdio } from './sound.mjs';

const registry = undefined;
serveStdio({ 'tools/list': () => ({ tools: registry.tools.map((tool) => tool.name) }) });
