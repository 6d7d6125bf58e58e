/** Which of many things makes a difference, found by trying as seldom as possible. */

export interface Narrowed<T> {
  /** The smallest set known to suffice: one item when a single one decides. */
  items: T[];
  /** False when the limit was reached before that set could be made smaller. */
  complete: boolean;
}

/**
 * Halve the set as long as a half suffices. `works` is known to be true of all items and false of none; it says null when
 * no more trying is allowed. `likely` items are tried one by one first.
 */
export async function narrow<T>(
  all: T[],
  likely: T[],
  works: (items: T[]) => Promise<boolean | null>,
): Promise<Narrowed<T>> {
  for (const item of likely) {
    const answer = await works([item]);
    if (answer === null) return { items: all, complete: false };
    if (answer) return { items: [item], complete: true };
  }
  let proved = all;
  // What was tried alone without success is not the one.
  let rest = all.filter((item) => !likely.includes(item));
  let assumed = rest.length < all.length;
  while (rest.length > 1) {
    const half = rest.slice(0, Math.ceil(rest.length / 2));
    const answer = await works(half);
    if (answer === null) return { items: proved, complete: false };
    // When a single item decides and it is not in this half, it is in the other: that is believed until the end.
    rest = answer ? half : rest.slice(half.length);
    assumed = !answer;
    if (answer) proved = half;
  }
  const [last] = rest;
  if (last === undefined) return { items: proved, complete: true };
  const answer = assumed ? await works([last]) : true;
  if (answer === null) return { items: proved, complete: false };
  return { items: answer ? [last] : proved, complete: true };
}
