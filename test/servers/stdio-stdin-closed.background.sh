# client sees: MCP error -32000: Connection closed
# A background job of a shell has /dev/null as its stdin.
node -e '
process.stdin.on("end", () => { console.error("[server] stdin closed"); process.exit(0); }).resume();
' &
wait $!
