import * as fc from "fast-check";
import { createSplitter, frame, MAX_MESSAGE_BYTES } from "../../../local/wire/frames";

const header = (flag: number, length: number) => {
  const bytes = Buffer.alloc(5);
  bytes[0] = flag;
  bytes.writeUInt32BE(length, 1);
  return bytes;
};

describe("messages on a stream", () => {
  it("come out as they went in, wherever the stream is cut", () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 });
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(payloads, cuts, (messages, sizes) => {
        const stream = Buffer.concat(messages.map(frame));
        const split = createSplitter();
        const found: Buffer[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length]!;
          found.push(...split(stream.subarray(at, at + size)));
          at += size;
        }
        expect(found.map((one) => one.toString("hex"))).toEqual(
          messages.map((one) => Buffer.from(one).toString("hex")),
        );
      }),
      { seed: 1 },
    );
  });

  it("are not waited for when they are longer than allowed", () => {
    expect(() => createSplitter()(header(0, MAX_MESSAGE_BYTES + 1))).toThrow(/at most/);
  });

  it("are refused when they are compressed", () => {
    expect(() => createSplitter()(header(1, 1))).toThrow(/compressed/);
  });

  it("cost one copy however small the pieces are", () => {
    const split = createSplitter();
    const stream = frame(Buffer.alloc(8_000_000, 1));
    const begin = process.cpuUsage();
    let length = 0;
    for (let at = 0; at < stream.length; at += 4_096)
      for (const one of split(stream.subarray(at, at + 4_096))) length = one.length;
    expect(length).toBe(8_000_000);
    // Copying what has arrived once per piece would be 8 GB, several seconds of it.
    expect(process.cpuUsage(begin).user / 1_000).toBeLessThan(1_000);
  });
});
