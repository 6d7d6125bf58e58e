// (d) One log line on stdout, then a sound server.
import { serveStdio } from './sound.mjs';

console.log('Server started on stdio, loading config...');
serveStdio();
