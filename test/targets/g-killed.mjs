// (g) Killed with SIGKILL after 150 ms, as the out-of-memory killer or a supervisor does it, before it answers.
process.stdin.resume();
setTimeout(() => process.kill(process.pid, 'SIGKILL'), 150);
