// client sees: Missing Authorization header
// The address where people sign in is a script.
import { serveProtected, serverOf } from './support/minimal-oauth.mjs';

serveProtected({ server: (origin) => ({ ...serverOf(origin), authorization_endpoint: 'javascript:alert(1)' }) });
