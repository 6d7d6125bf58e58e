// (c) Wants a variable that the entry does not set, says so on stderr and exits 1.
if (!process.env.API_KEY) {
  console.error('Missing API_KEY environment variable');
  process.exit(1);
}
