// (e) Alive, reads everything, never answers; ends with its stdin.
process.stdin.resume();
