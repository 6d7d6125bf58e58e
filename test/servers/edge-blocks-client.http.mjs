// client sees: Just a moment...
// A challenge of Cloudflare, which no program without a browser can pass.
import { send, serve } from './support/minimal-mcp.mjs';

const page =
  '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and cookies to continue</noscript><script src="/cdn-cgi/challenge-platform/h/g/orchestrate/chl_page/v1"></script></body></html>';
serve(
  (_request, response) =>
    send(response, 403, 'text/html; charset=UTF-8', page, {
      server: 'cloudflare',
      'cf-ray': '8f-AMS',
      'cf-mitigated': 'challenge',
    }),
  (port) => `http://127.0.0.1:${port}/mcp`,
);
