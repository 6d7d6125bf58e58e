/** What a person has to mend before we can go on. The command line knows it by its name and shows the message as it is: exit code 2. */
export class WrongUse extends Error {
  override name = 'UsageError';
}
