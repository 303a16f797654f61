import { Unavailable } from "../../../runtime";
import { Refused } from "../../../runtime/google/http";
import { letterBox } from "../../../runtime/redrive/subscription";

/** A subscription whose requests are kept. @param status of every answer */
function box(status = 200) {
  const sent: { readonly ackIds: readonly string[]; readonly ackDeadlineSeconds?: number }[] = [];
  const made = letterBox({
    subscription: "projects/p/subscriptions/dead",
    accessToken: async () => "token",
    fetch: async (_url, init) => {
      sent.push(JSON.parse(init!.body as string) as (typeof sent)[number]);
      return Response.json({ error: { status: "WHY", message: "because" } }, { status });
    },
  });
  return { made, sent };
}

describe("the letters of a subscription", () => {
  it("are held in requests of a size that Pub/Sub takes, and none for none", async () => {
    const { made, sent } = box();
    await made.hold([], 600);
    await made.hold(
      Array.from({ length: 2_001 }, (_, i) => String(i)),
      600,
    );
    expect(sent.map(({ ackIds, ackDeadlineSeconds }) => [ackIds.length, ackDeadlineSeconds])).toEqual([
      [1_000, 600],
      [1_000, 600],
      [1, 600],
    ]);
    expect(sent.flatMap(({ ackIds }) => ackIds).at(-1)).toBe("2000");
  });

  it.each([
    [429, Unavailable],
    [503, Unavailable],
    [403, Refused],
    [404, Refused],
  ])("%i: says whether asking again is of use", async (status, error) => {
    const refused = box(status).made.pull(1);
    await expect(refused).rejects.toBeInstanceOf(error);
    await expect(refused).rejects.toThrow(`projects/p/subscriptions/dead:pull: ${status} WHY because`);
  });
});
