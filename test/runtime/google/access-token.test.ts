import { virtualClock } from "../../../local/engine/clock";
import { metadataAccessToken } from "../../../runtime/google/access-token";

function metadataServer() {
  const clock = virtualClock(0);
  const asked: string[] = [];
  let status = 200;
  const token = metadataAccessToken({
    clock,
    fetch: async (url, init) => {
      asked.push(`${(url as string).split("?")[0]} ${new Headers(init!.headers).get("metadata-flavor")}`);
      return Response.json({ access_token: `token-${asked.length}`, expires_in: 3_600 }, { status });
    },
  });
  return { clock, asked, token, answerWith: (code: number) => void (status = code) };
}

describe("the identity's access token", () => {
  it("comes from the metadata server, once for all who ask", async () => {
    const { asked, token } = metadataServer();
    expect(await Promise.all([token(), token(), token()])).toEqual(["token-1", "token-1", "token-1"]);
    expect(asked).toEqual([
      "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token Google",
    ]);
  });

  it("is fetched anew four minutes before it expires", async () => {
    const { clock, token } = metadataServer();
    await token();
    await clock.advance(3_359_999);
    expect(await token()).toBe("token-1");
    await clock.advance(1);
    expect(await token()).toBe("token-2");
  });

  it("is asked for again after a failure", async () => {
    const { token, answerWith } = metadataServer();
    answerWith(500);
    await expect(token()).rejects.toThrow("the metadata server answered 500");
    answerWith(200);
    expect(await token()).toBe("token-2");
  });
});
