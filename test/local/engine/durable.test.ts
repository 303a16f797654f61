import { durableGrpc, durableRest } from "../../../local/engine/durable";
import type { Method } from "../../../local/wire/grpc";
import type { RestRequest } from "../../../local/wire/rest";

const request = {} as RestRequest;

/** A journal that is written when told so. */
function journal() {
  let written = () => {};
  let failed: (error: Error) => void = () => {};
  const promise = new Promise<void>((resolve, reject) => ([written, failed] = [resolve, reject]));
  return { wait: () => promise, written, failed };
}

const settled = async (promise: Promise<unknown>) =>
  Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    new Promise((resolve) => setImmediate(() => resolve(false))),
  ]);

describe("an answer", () => {
  const rest = async () => ({ status: 200, body: "published" });
  const unary = { kind: "unary", handle: async () => ({ messageIds: ["1"] }) } as unknown as Extract<
    Method,
    { kind: "unary" }
  >;
  const call = {} as Parameters<typeof unary.handle>[1];

  it("waits until what it promises is written", async () => {
    const { wait, written } = journal();
    const answers = [
      durableRest(rest, wait)(request),
      (durableGrpc(new Map([["/p", unary]]), wait).get("/p") as typeof unary).handle({}, call),
    ];
    expect(await Promise.all(answers.map(settled))).toEqual([false, false]);
    written();
    expect(await Promise.all(answers)).toEqual([{ status: 200, body: "published" }, { messageIds: ["1"] }]);
  });

  it("is not given when it cannot be written", async () => {
    const { wait, failed } = journal();
    const answer = durableRest(rest, wait)(request);
    failed(new Error("ENOSPC"));
    await expect(answer).rejects.toThrow("ENOSPC");
  });

  it("leaves streams alone", () => {
    const stream = { kind: "bidi", handle: async () => {} } as unknown as Method;
    expect(durableGrpc(new Map([["/s", stream]]), async () => {}).get("/s")).toBe(stream);
  });
});
