/** From a case file to a verdict, by every cause and every check there is. */
import type { CaseFile } from '../case/case-file.js';
import type { Cause } from '../causes/cause.js';
import { causes as allCauses } from '../causes/index.js';
import { checks as allChecks } from '../checks/index.js';
import { authorizationSteps } from './authorization.js';
import { judge } from './judge.js';
import { pastRun } from './past-run.js';
import type { Verdict } from './verdict.js';

export { rank, seen } from './judge.js';

/** Judge a case. `causes` and `checks` are all of ours unless told otherwise (tests). */
export function diagnose(file: CaseFile, causes: readonly Cause[] = allCauses, checks = allChecks): Verdict {
  const verdict = judge(file, causes, checks, authorizationSteps);
  const past = pastRun(file, causes, verdict.root);
  return past ? { ...verdict, pastRun: past } : verdict;
}
