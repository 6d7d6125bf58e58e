/** Set-ups of the authorization of a server: sound ones, and each way of failing as one change of a sound one. */
import { type Running, setUp } from '../support/authorization/index.js';
import { healthyAuthorization } from './authorization-healthy.js';
import { hostileAuthorization } from './authorization-hostile.js';
import { brokenLogin } from './authorization-login.js';
import { brokenMetadata } from './authorization-metadata.js';
import type { SetupRecipe } from './authorization-recipe.js';
import { brokenRegistration } from './authorization-registration.js';

export interface Setup extends SetupRecipe {
  /** Start it. What comes back is what a user has: the URL, and perhaps a client id, a token or an earlier login. */
  start(): Promise<Running>;
}

export const SETUPS: Setup[] = [
  ...healthyAuthorization,
  ...brokenMetadata,
  ...brokenRegistration,
  ...brokenLogin,
  ...hostileAuthorization,
].map((recipe) => ({ ...recipe, start: () => setUp(recipe) }));
