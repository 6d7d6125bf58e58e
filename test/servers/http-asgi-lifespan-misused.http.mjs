// client sees: Task group is not initialized
// A FastMCP application mounted in Starlette without its lifespan, in debug mode: the traceback is the answer.
import { send, serve } from './support/minimal-mcp.mjs';

const TRACEBACK = `Traceback (most recent call last):
  File "/app/.venv/lib/python3.12/site-packages/starlette/routing.py", line 288, in handle
    await self.app(scope, receive, send)
  File "/app/.venv/lib/python3.12/site-packages/mcp/server/streamable_http_manager.py", line 137, in handle_request
    raise RuntimeError("Task group is not initialized. Make sure to use run().")
RuntimeError: Task group is not initialized. Make sure to use run().`;

serve(
  (_request, response) => send(response, 500, 'text/plain; charset=utf-8', TRACEBACK, { server: 'uvicorn' }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
