import { readRedriveChoice, redriveVariables } from "../../../contract/redrive";
import { defineHandler } from "../../../runtime/handler";
import { runRedrive } from "../../../runtime/redrive";
import { environmentFor } from "../support/environment";
import { atLeastOnce } from "../support/orders";

const handler = defineHandler(atLeastOnce, async () => {});

/** Runs the process to its end. @returns exit code, and codes and messages of its log */
async function run(env: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const code = await new Promise<number>((exit) => {
    void runRedrive(
      handler,
      { env: { ...environmentFor(handler), ...env }, write: (line) => lines.push(line) },
      { once: () => {}, exit },
    );
  });
  return { code, said: lines.join("") };
}

describe("a redrive job that must not start", () => {
  it("says that records in memory cannot be reopened", async () => {
    const { code, said } = await run({ MILLRACE_SUBSCRIPTION: "projects/p/subscriptions/s" });
    expect(code).toBe(1);
    expect(said).toContain("MR3025");
  });

  it("says every variable that it cannot read", async () => {
    const { code, said } = await run({ MILLRACE_REDRIVE_RATE: "fast", MILLRACE_REDRIVE_OLDER_THAN: "yesterday" });
    expect(code).toBe(1);
    for (const text of [
      'MILLRACE_REDRIVE_RATE=\\"fast\\" is not above 0',
      'MILLRACE_REDRIVE_OLDER_THAN=\\"yesterday\\" is not a duration',
      "MILLRACE_SUBSCRIPTION is not set",
    ])
      expect(said).toContain(text);
  });
});

describe("the choice of a redrive job", () => {
  it("comes back from its variables as it was", () => {
    const choice = {
      causes: ["Declined", "Timeout"],
      keys: ["a,b", " c", "[d]"],
      olderThan: "5m",
      newerThan: "2d",
      unparked: false,
      rate: 0.5,
      limit: 10,
      maxRedrives: 2,
      dryRun: true,
    } as const;
    expect(readRedriveChoice(redriveVariables(choice))).toEqual({ choice, faults: [] });
    expect(redriveVariables({})).toEqual({});
  });

  it("takes lists as people write them, and nothing for nothing", () => {
    expect(readRedriveChoice({ MILLRACE_REDRIVE_CAUSES: "a, b,", MILLRACE_REDRIVE_KEYS: "" }).choice).toEqual({
      causes: ["a", "b"],
    });
    expect(readRedriveChoice({ MILLRACE_REDRIVE_KEYS: "[1]" }).faults).toHaveLength(1);
  });
});
