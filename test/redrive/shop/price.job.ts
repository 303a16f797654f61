import { defineHandler } from "millrace/runtime";
import { defineJob } from "millrace/runtime/job";
import { effect, price } from "./contracts";

const handler = defineHandler(price, async (input) => effect("price", input));

export default defineJob(handler, { items: () => [{ id: "apples" }, { id: "pears" }] });
