import { parseDocument, stringify } from "yaml";
import { checkSource } from "../language/workflows/check";
import { virtualClock } from "../local/engine/clock";
import { seededRandom } from "../local/engine/random";
import { runToEnd, startExecution } from "../local/engine/workflows/execution";
import { type Bench, median, table } from "./measure";

/*
 * Reading and checking a definition beside the bare parse of its YAML, and steps of the interpreter beside the CPU they
 * take: user and system time of this process, in turns within one run.
 */
const ROUNDS = 15;
/** Rounds before the measured ones, for the compiler. */
const WARM = 5;

/** Calls, conditions, loops and tries as definitions have them; about 45 KB. */
function definition(): string {
  const steps = Array.from({ length: 80 }, (_, n) => [
    {
      [`call_${n}`]: {
        try: {
          call: "http.post",
          args: {
            url: `https://api.example.com/orders/${n}`,
            auth: { type: "OIDC" },
            body: { id: `\${order.id + "-${n}"}`, amount: `\${order.amount * ${n} + 1}`, tags: ["a", "b"] },
          },
          result: "response",
        },
        retry: "${http.default_retry}",
        except: { as: "e", steps: [{ [`fail_${n}`]: { raise: "${e}" } }] },
      },
    },
    {
      [`decide_${n}`]: {
        switch: [
          { condition: '${response.code == 200 and "id" in response.body}', next: `loop_${n}` },
          { condition: "${len(response.body.items) > 10 or response.code >= 300}", return: "${response.body}" },
        ],
      },
    },
    {
      [`loop_${n}`]: {
        for: {
          value: "item",
          in: "${response.body.items}",
          steps: [{ [`add_${n}`]: { assign: [{ total: "${total + item.amount}" }] } }],
        },
      },
    },
  ]).flat();
  return stringify({
    main: {
      params: ["order"],
      steps: [{ init: { assign: [{ total: 0 }] } }, ...steps, { done: { return: "${total}" } }],
    },
  });
}

const cpuMs = async (run: () => unknown): Promise<number> => {
  const begin = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1_000;
};

/** A loop of assignments: two simple steps for each of its turns. */
const LOOP = JSON.stringify([
  { init: { assign: [{ total: 0 }] } },
  {
    loop: {
      for: {
        value: "n",
        range: [1, 45_000],
        steps: [{ add: { assign: [{ total: "${total + n}" }] } }, { keep: { assign: [{ last: "${n}" }] } }],
      },
    },
  },
  { done: { return: "${total}" } },
]);

const bench: Bench = async () => {
  const text = definition();
  const { faults } = checkSource(text);
  if (faults.some(({ severity }) => severity === "error")) throw new Error(JSON.stringify(faults[0]));
  const loop = checkSource(LOOP).workflow!;
  const execute = async () => {
    const clock = virtualClock(0);
    const outcome = await runToEnd(startExecution(loop, { clock, random: seededRandom(1) }), clock);
    if (outcome.state === "FAILED") throw new Error(outcome.error.context);
    return outcome.steps;
  };
  const bare: number[] = [];
  const ours: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < WARM + ROUNDS; round++) {
    const parse = await cpuMs(() => parseDocument(text));
    const check = await cpuMs(() => checkSource(text));
    let steps = 0;
    const run = await cpuMs(async () => (steps = await execute()));
    if (round < WARM) continue;
    bare.push(parse);
    ours.push(check);
    rates.push(steps / (run / 1_000));
  }
  const ratio = median(ours.map((value, index) => value / bare[index]!));
  const perStep = 1_000_000 / median(rates);
  console.log(
    table(
      ["", "CPU ms"],
      [
        [`bare parse of ${text.length} bytes`, median(bare).toFixed(1)],
        ["read and checked", median(ours).toFixed(1)],
      ],
    ),
  );
  console.log(`${Math.round(median(rates))} steps a second of CPU`);
  return [
    { what: "read and check a definition, beside the bare parse of its YAML", value: ratio, unit: "×", atMost: 3 },
    // 100,000 simple steps a second.
    { what: "a simple step of a workflow", value: perStep, unit: "µs", atMost: 10 },
  ];
};

export default bench;
