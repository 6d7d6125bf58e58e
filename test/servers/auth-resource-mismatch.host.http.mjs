// client sees: Missing Authorization header
// The metadata names the public address, and the clients use this one.
import { resourceOf, serveProtected } from './support/minimal-oauth.mjs';

serveProtected({ resource: (origin) => ({ ...resourceOf(origin), resource: 'https://mcp.example.com/mcp' }) });
