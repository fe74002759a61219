/** What an RFC asks of a host. */
export interface Requirement {
  readonly rfc: number;
  readonly section: string;
  readonly level: 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY';
  /** What is asked. */
  readonly text: string;
  /** Fails where it is not so. */
  readonly holds?: () => void;
  /** Instead: it is not so, for this reason. evlnet(7) has the same list, under STANDARDS. */
  readonly unmet?: string;
}

/** For the rows of one RFC. */
export const of =
  (rfc: number) =>
  (section: string, level: Requirement['level'], text: string, holds: () => void): Requirement => ({
    rfc,
    section,
    level,
    text,
    holds,
  });

export const unmet = (
  rfc: number,
  section: string,
  level: Requirement['level'],
  text: string,
  why: string,
): Requirement => ({ rfc, section, level, text, unmet: why });
