/** What a code stands for; the text of `docs/errors.md` is generated from it. */
export interface CodeEntry {
  /** The rule or fault in a few words, lower case. */
  readonly title: string;
  /** Why it matters: what would happen if nobody said so. */
  readonly why: string;
  /** What to do about it. */
  readonly fix: string;
  /** Where the fact behind it is documented, if it is somebody else's rule. */
  readonly source?: string;
}

export type CodeTable = Readonly<Record<`MR${number}`, CodeEntry>>;
