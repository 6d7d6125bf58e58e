// client sees: MCP error -32000: Connection closed
// The error line is coloured, as many loggers do it: the colour codes stand before its first word.
process.stderr.write('\u001b[31m\u001b[1mTypeError: config.tools.map is not a function\u001b[22m\u001b[39m\n');
process.stderr.write('\u001b[90m    at load (file:///srv/weather/index.js:4:9)\u001b[39m\n');
process.exit(1);
