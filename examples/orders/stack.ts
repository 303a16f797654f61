import type { App } from "cdktf";
import {
  CalledHandler,
  DeadLetteredSubscription,
  MillraceStack,
  ServiceAccount,
  Topic,
  WorkflowOrchestrator,
} from "millrace";
import { type Environment, sizeOf, stackProps } from "millrace/stacks";
import { again } from "./again";
import { payments, stock } from "./contracts";
import { machine } from "./machine";
import { saga } from "./saga";

/** The workloads of the application and what each runs on: what an environment file may override. */
export const WORKLOADS = { [stock.manifest.name]: "service", [payments.manifest.name]: "service" } as const;

/** A partner's service, which is called as it is. */
const PARTNER = "https://api.example.com/process";

/** Orders as a saga over two services and a person, and two smaller workflows. */
export class OrdersStack extends MillraceStack {
  readonly orders: WorkflowOrchestrator;

  constructor(app: App, environment: Environment) {
    super(app, { ...stackProps("orders", environment), handlersDir: __dirname });
    const handler = (contract: typeof stock | typeof payments) =>
      new CalledHandler(this, contract.manifest.name, {
        contract,
        runOn: "service",
        entry: `${contract.manifest.name}.handler.ts`,
        transports: ["cloudEvents"],
        ...sizeOf(environment, "service", contract.manifest.name),
      }).workload;
    const approvals = new Topic(this, "Approvals");
    const clerk = new ServiceAccount(this, "Clerk");
    new DeadLetteredSubscription(this, "ToApprove", { topic: approvals }).grantConsume(clerk);

    this.orders = new WorkflowOrchestrator(this, "Orders", {
      definition: saga({ stock: handler(stock), payments: handler(payments), approvals }),
      description: "reserves, asks, charges, ships, or undoes it all",
      // Whoever answers a callback may do so because it may start workflows.
      callers: [new ServiceAccount(this, "Shop"), clerk],
    });
    new WorkflowOrchestrator(this, "Machine", {
      definition: machine,
      schedules: { nightly: { schedule: "0 3 * * *" } },
      acknowledge: [{ code: "MR1555", reason: "machines are another team's: it grants compute.instanceAdmin.v1" }],
    });
    new WorkflowOrchestrator(this, "Again", { definition: again(PARTNER) });
  }
}
