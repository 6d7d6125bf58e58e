export function conformanceSuite(): { node: string; suite: string };
