// client sees: Missing Authorization header
// The address where people sign in is a program of their own machine.
import { serveProtected, serverOf } from './support/minimal-oauth.mjs';

serveProtected({ server: (origin) => ({ ...serverOf(origin), authorization_endpoint: 'file:///usr/bin/xcalc' }) });
