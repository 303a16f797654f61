import type { DocumentData, Effect, OutboxRow, RecordData } from "../../../runtime/store/store";

/** One call on a store and what must come of it. Versions are named by the step that made them. */
export type Step =
  | {
      readonly do: "commit";
      /** Name of the version the record must have, or `absent`. */
      readonly expect: string;
      readonly record: Partial<RecordData>;
      /** Name of the version this commit makes. */
      readonly as?: string;
      readonly effects?: readonly Effect[];
      readonly addRows?: readonly OutboxRow[];
      readonly removeRows?: readonly string[];
      readonly applied: boolean;
    }
  | { readonly do: "read"; readonly version: string; readonly record?: Partial<RecordData> }
  | { readonly do: "document"; readonly path: string; readonly data: DocumentData | "absent" }
  | { readonly do: "rows"; readonly ids: readonly string[]; readonly found: readonly string[] };

export interface Vector {
  readonly title: string;
  readonly steps: readonly Step[];
}

const row = (id: string, more: Partial<OutboxRow> = {}): OutboxRow => ({
  id,
  topic: "projects/p/topics/t",
  data: Buffer.from([0, 1, 254, 255]),
  attributes: { "a.b": "1", __reserved__: "2", ключ: "значение" },
  expireAtMs: 2_000_000_000_000,
  ...more,
});

/** A value of every type that a document can hold. */
const EVERYTHING: DocumentData = {
  nothing: null,
  yes: true,
  integer: -(2 ** 53) + 1,
  fraction: 0.1,
  text: "übergrößen \u{1f40e}",
  when: new Date(1_700_000_000_123),
  bytes: Buffer.from([0, 127, 128, 255]),
  list: [1, "two", { three: [3] }],
  map: { "with.dot": { "with `tick`": [] } },
  empty: {},
};

/** What any store has to do, whatever it is made of. */
export const VECTORS: readonly Vector[] = [
  {
    title: "creates a record that is not there, once",
    steps: [
      { do: "read", version: "absent" },
      { do: "commit", expect: "absent", record: { token: 1 }, as: "first", applied: true },
      { do: "commit", expect: "absent", record: { token: 2 }, applied: false },
      { do: "read", version: "first", record: { token: 1 } },
    ],
  },
  {
    title: "writes only over the version that was seen",
    steps: [
      { do: "commit", expect: "absent", record: { revision: 1 }, as: "first", applied: true },
      { do: "commit", expect: "first", record: { revision: 2 }, as: "second", applied: true },
      { do: "commit", expect: "first", record: { revision: 3 }, applied: false },
      { do: "read", version: "second", record: { revision: 2 } },
    ],
  },
  {
    title: "gives back every field of a record as it was written",
    steps: [
      {
        do: "commit",
        expect: "absent",
        as: "full",
        record: {
          state: "PARKED",
          token: 7,
          owner: "owner-é",
          revision: 9,
          leaseMs: 15_000,
          delayMs: 250,
          attempts: 3,
          lostLeases: 2,
          handler: "orders",
          epoch: 4,
          messageId: "m-1",
          fingerprint: "f".repeat(43),
          firstSeenMs: 1_700_000_000_001,
          result: '{"a":[1,null,"\\u0000"]}',
          error: { class: "CardDeclined", message: "no" },
          outbox: ["r-0", "r-1"],
          expireAtMs: 1_800_000_000_999,
        },
        applied: true,
      },
      {
        do: "read",
        version: "full",
        record: {
          state: "PARKED",
          result: '{"a":[1,null,"\\u0000"]}',
          error: { class: "CardDeclined", message: "no" },
          outbox: ["r-0", "r-1"],
          fingerprint: "f".repeat(43),
          firstSeenMs: 1_700_000_000_001,
          expireAtMs: 1_800_000_000_999,
        },
      },
    ],
  },
  {
    title: "forgets the fields that a later write leaves out",
    steps: [
      { do: "commit", expect: "absent", record: { result: "1", fingerprint: "f" }, as: "first", applied: true },
      { do: "commit", expect: "first", record: { revision: 2 }, as: "second", applied: true },
      { do: "read", version: "second", record: { result: undefined, fingerprint: undefined } },
    ],
  },
  {
    title: "writes effects with the record",
    steps: [
      {
        do: "commit",
        expect: "absent",
        record: {},
        as: "first",
        effects: [
          { op: "set", path: "things/a", data: EVERYTHING },
          { op: "create", path: "things/b/parts/c", data: { n: 1 } },
        ],
        applied: true,
      },
      { do: "document", path: "things/a", data: EVERYTHING },
      { do: "document", path: "things/b/parts/c", data: { n: 1 } },
      {
        do: "commit",
        expect: "first",
        record: { revision: 2 },
        effects: [
          { op: "set", path: "things/a", data: { other: true } },
          { op: "delete", path: "things/b/parts/c" },
          { op: "delete", path: "things/never-there" },
        ],
        applied: true,
      },
      { do: "document", path: "things/a", data: { other: true } },
      { do: "document", path: "things/b/parts/c", data: "absent" },
    ],
  },
  {
    title: "writes no effect without the record",
    steps: [
      { do: "commit", expect: "absent", record: {}, as: "first", applied: true },
      {
        do: "commit",
        expect: "absent",
        record: {},
        effects: [{ op: "set", path: "things/d", data: { n: 1 } }],
        addRows: [row("refused-0")],
        applied: false,
      },
      { do: "document", path: "things/d", data: "absent" },
      { do: "rows", ids: ["refused-0"], found: [] },
      { do: "read", version: "first" },
    ],
  },
  {
    title: "writes no record when an effect is refused",
    steps: [
      {
        do: "commit",
        expect: "absent",
        record: {},
        as: "first",
        effects: [{ op: "create", path: "things/e", data: { by: "first" } }],
        applied: true,
      },
      {
        do: "commit",
        expect: "first",
        record: { revision: 2 },
        effects: [
          { op: "set", path: "things/f", data: { by: "second" } },
          { op: "create", path: "things/e", data: { by: "second" } },
        ],
        applied: false,
      },
      { do: "document", path: "things/e", data: { by: "first" } },
      { do: "document", path: "things/f", data: "absent" },
      { do: "read", version: "first" },
    ],
  },
  {
    title: "keeps outbox rows until they are removed, and gives them in the order asked for",
    steps: [
      {
        do: "commit",
        expect: "absent",
        record: { outbox: ["row-0", "row-1", "row-2"] },
        as: "first",
        addRows: [row("row-0"), row("row-1", { orderingKey: "k" }), row("row-2", { data: Buffer.alloc(0) })],
        applied: true,
      },
      { do: "rows", ids: ["row-2", "row-0", "row-1"], found: ["row-2", "row-0", "row-1"] },
      {
        do: "commit",
        expect: "first",
        record: { outbox: [], revision: 2 },
        removeRows: ["row-0", "row-1"],
        applied: true,
      },
      { do: "rows", ids: ["row-0", "row-1", "row-2"], found: ["row-2"] },
      { do: "rows", ids: [], found: [] },
    ],
  },
];
