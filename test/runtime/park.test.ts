import { deadLetterRow, type Parked } from "../../runtime/park";

const parked = (more: Partial<Parked> = {}, attributes: Record<string, string> = {}): Parked => ({
  id: "id",
  topic: "projects/p/topics/dead",
  meta: { id: "m-1", attributes },
  data: Buffer.from("x"),
  handler: "orders",
  cause: { class: "Declined", message: "no" },
  attempts: 2,
  expireAtMs: 0,
  ...more,
});
const bytes = (text: string) => Buffer.byteLength(text);

describe("a parked message", () => {
  it("says nothing of what is not known", () => {
    expect(Object.keys(deadLetterRow(parked()).attributes).sort()).toEqual([
      "millrace-attempts",
      "millrace-cause",
      "millrace-cause-message",
      "millrace-dedupe-id",
      "millrace-handler",
      "millrace-message-id",
    ]);
  });

  it("keeps within the 1024 bytes of an attribute, without half a character", () => {
    const { attributes } = deadLetterRow(parked({ cause: { class: "E", message: `${"x".repeat(1_022)}é€` } }));
    expect(attributes["millrace-cause-message"]).toBe(`${"x".repeat(1_022)}é`);
    const long = deadLetterRow(parked({ cause: { class: "E", message: `${"x".repeat(1_023)}€` } }));
    expect(bytes(long.attributes["millrace-cause-message"]!)).toBe(1_023);
  });

  it("keeps within 100 attributes, and says how many found no room", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`a${i}`, "v"]));
    const { attributes } = deadLetterRow(parked({}, many));
    expect(Object.keys(attributes)).toHaveLength(100);
    expect(attributes).toMatchObject({ "millrace-attributes-dropped": "7", "millrace-cause": "Declined", a0: "v" });
  });

  it("is not fooled by attributes that were there before", () => {
    const { attributes } = deadLetterRow(parked({}, { "millrace-cause": "forged", mine: "1" }));
    expect(attributes).toMatchObject({ "millrace-cause": "Declined", mine: "1" });
  });
});
